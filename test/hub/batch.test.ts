import { describe, expect, it } from 'vitest'
import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'
import { Batch } from '../../src/hub/batch.ts'
import { FAKE_FRAMING } from '../support/fakeSocket.ts'
import { closeItem, responseItem, socketActionItem, socketItem, streamItem } from '../support/items.ts'

function planOf(items: readonly PublishItem[], framing: 'chunked' | 'raw' = 'raw') {
  const { wire, ends } = new Batch(items, 1).streamPlan(framing)
  return { wire: wire.toString(), ends }
}

const closeFormat = parsePublishItem({ channel: 'a', formats: { 'http-stream': { action: 'close' } } })
const hint = parsePublishItem({ channel: 'a', formats: { 'http-stream': { action: 'hint' } } })

describe('a stream plan', () => {
  it('joins the contents of all items', () => {
    const items = [streamItem('a', 'one\n'), streamItem('a', 'two\n')]
    expect(planOf(items)).toEqual({ wire: 'one\ntwo\n', ends: false })
    expect(planOf(items, 'chunked')).toEqual({ wire: '8\r\none\ntwo\n\r\n', ends: false })
  })

  it('counts the bytes of a chunk, not its characters', () => {
    expect(planOf([streamItem('a', 'ä€')], 'chunked').wire).toBe('5\r\nä€\r\n')
  })

  it('is one Buffer for all holds of a framing', () => {
    const batch = new Batch([streamItem('a', 'x')], 1)
    expect(batch.streamPlan('chunked')).toBe(batch.streamPlan('chunked'))
    expect(batch.streamPlan('raw')).toBe(batch.streamPlan('raw'))
  })

  it.each([
    ['action of the item', closeItem('a')],
    ['format', closeFormat],
  ])('ends with the first close, be it the %s: what follows is not sent', (_, close) => {
    const items = [streamItem('a', '1'), close, streamItem('a', '2')]
    expect(planOf(items)).toEqual({ wire: '1', ends: true })
  })

  it('has no chunk for items without content, which would end the body', () => {
    const items = [responseItem('a', 'for others'), hint, streamItem('a', '')]
    expect(planOf(items, 'chunked')).toEqual({ wire: '', ends: false })
    expect(planOf([closeItem('a')], 'chunked')).toEqual({ wire: '', ends: true })
  })
})

describe('a socket plan', () => {
  const other = { ...FAKE_FRAMING, frame: FAKE_FRAMING.frame }

  it('joins the frames of all items, and counts them and their content', () => {
    const items = [socketItem('a', 'one'), streamItem('a', 'x'), socketItem('a', '\u00e4', { type: 'ping' })]
    const plan = new Batch(items, 1).socketPlan(FAKE_FRAMING)
    expect(plan).toMatchObject({ itemCount: 2, contentBytes: 5, close: undefined, refreshes: false })
    expect(String(plan.wire)).toBe('text:one;ping:\u00e4;')
  })

  it('is one for all sockets of a framing, and another for those of another', () => {
    const batch = new Batch([socketItem('a', 'x')], 1)
    const plans = [FAKE_FRAMING, other, FAKE_FRAMING, other].map((framing) => batch.socketPlan(framing))
    expect(plans[2]).toBe(plans[0])
    expect(plans[3]).toBe(plans[1])
    expect(plans[1]).not.toBe(plans[0])
  })

  it.each([
    ['action of the item', closeItem('a'), { code: undefined, reason: '' }],
    [
      'format',
      socketActionItem('a', { action: 'close', code: 4000, reason: 'x' }),
      { code: 4000, reason: 'x' },
    ],
    [
      'format without code and reason',
      socketActionItem('a', { action: 'close' }),
      { code: undefined, reason: '' },
    ],
    [
      'format without a code',
      socketActionItem('a', { action: 'close', reason: 'x' }),
      { code: 1000, reason: 'x' },
    ],
  ])('ends with the first close, be it the %s: what follows is not sent', (_, item, close) => {
    const items = [socketItem('a', '1'), item, socketItem('a', '2'), closeItem('a')]
    const plan = new Batch(items, 1).socketPlan(FAKE_FRAMING)
    expect([String(plan.wire), plan.close]).toEqual(['text:1;', close])
  })

  it.each([
    ['refresh of the format', socketActionItem('a', { action: 'refresh' }), true],
    ['hint of the format', socketActionItem('a', { action: 'hint' }), false],
    ['refresh of the item', parsePublishItem({ channel: 'a', action: 'refresh' }), true],
    ['hint of the item', parsePublishItem({ channel: 'a', action: 'hint' }), true],
    ['hint for streams', hint, false],
  ])('tells of a %s', (_, item, refreshes) => {
    expect(new Batch([item], 1).socketPlan(FAKE_FRAMING)).toMatchObject({ refreshes, itemCount: 0 })
  })
})
