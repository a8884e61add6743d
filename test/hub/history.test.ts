import { describe, expect, test } from 'vitest'
import { parsePublishItem } from '../../src/grip/publishItem.ts'
import { itemBytes } from '../../src/hub/history/itemBytes.ts'
import { History } from '../../src/hub/history.ts'
import { historyContract } from '../contracts/historyContract.ts'
import { NaiveHistory } from './naiveHistory.ts'

historyContract('History', (options) => new History(options))

// The properties compare the two, so the model has to keep the contract as well.
historyContract('the naive model', (options) => new NaiveHistory(options))

describe('the bytes of an item', () => {
  function bytes(fields: Record<string, unknown>): number {
    return itemBytes(parsePublishItem({ channel: 'c', 'http-stream': { content: '' }, ...fields }))
  }

  const least = bytes({})

  test.each([
    ['content of a stream', { 'http-stream': { content: 'x'.repeat(1000) } }, 1000],
    ['the body of a response', { 'http-response': { body: 'x'.repeat(1000) } }, 1000],
    ['a message', { 'ws-message': { content: 'x'.repeat(1000) } }, 1000],
    [
      'binary content, decoded',
      { 'http-stream': { 'content-bin': Buffer.alloc(1000).toString('base64') } },
      1000,
    ],
    ['headers', { 'http-response': { body: '', headers: { name: 'x'.repeat(1000) } } }, 2000],
    ['a patch', { 'http-response': { 'body-patch': [{ value: { deep: ['x'.repeat(1000)] } }] } }, 2000],
    ['meta', { meta: { name: 'x'.repeat(1000) } }, 2000],
    ['ids', { id: 'x'.repeat(500), 'prev-id': 'x'.repeat(500) }, 2000],
    ['the name of the channel', { channel: 'x'.repeat(1000) }, 2000],
  ])('count %s', (_, fields, expected) => {
    const more = bytes(fields) - least
    expect(more).toBeGreaterThanOrEqual(expected - 2)
    expect(more).toBeLessThan(expected + 1000)
  })

  test('count a patch of any depth', () => {
    const depth = 50_000
    const patch = JSON.parse(`[${'['.repeat(depth)}${']'.repeat(depth)}]`)
    expect(bytes({ 'http-response': { 'body-patch': patch } })).toBeGreaterThan(depth * 16)
  })
})
