import { describe, expect, it } from 'vitest'
import { type PublishItem, parsePublishItem } from '../../src/grip/publishItem.ts'
import { Batch } from '../../src/hub/batch.ts'
import { closeItem, responseItem, streamItem } from '../support/items.ts'

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
