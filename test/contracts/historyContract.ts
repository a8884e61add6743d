import { describe, expect, test } from 'vitest'
import { itemBytes } from '../../src/hub/history/itemBytes.ts'
import type { History, HistoryOptions } from '../../src/hub/history.ts'
import { idsOf, link } from '../hub/links.ts'
import { closeItem } from '../support/items.ts'

/** What the contract is about. */
export type HistoryLike = Pick<History, 'add' | 'after' | 'has' | 'expire' | 'forget' | 'forgetAll' | 'size'>

export type CreateHistory = (options: HistoryOptions) => HistoryLike

const TTL_MS = 60_000
const REORDER_MS = 10_000

/** The ids of the items that follow; `unknown` where the history cannot tell. */
export function following(history: HistoryLike, prevId: string, { channel = 'c', nowMs = 0 } = {}): string {
  const items = history.after(channel, prevId, nowMs)
  return items === undefined ? 'unknown' : idsOf(items)
}

/** What every history does. */
export function historyContract(name: string, create: CreateHistory): void {
  function start(options: Partial<HistoryOptions> = {}): HistoryLike {
    return create({ maxItems: 100, ttlMs: TTL_MS, maxBytes: 1_000_000, reorderMs: REORDER_MS, ...options })
  }

  /** A history to which links of a chain were added, each number naming the one below it. */
  function withNumbers(...numbers: number[]): HistoryLike {
    const history = start()
    for (const number of numbers) history.add(link(`${number}`, `${number - 1}`), 0)
    return history
  }

  describe(`${name}: a chain`, () => {
    test('the items after a known one are given in order', () => {
      const history = withNumbers(1, 2, 3, 4)
      expect(following(history, '2')).toBe('3 4')
      expect(following(history, '3')).toBe('4')
    })

    test('nothing follows the newest', () => {
      expect(following(withNumbers(1, 2), '2')).toBe('')
    })

    test('an id that was never seen is unknown', () => {
      expect(following(withNumbers(1, 2), '7')).toBe('unknown')
      expect(following(withNumbers(1, 2), '1', { channel: 'd' })).toBe('unknown')
    })

    test('an id is known when the oldest item names it', () => {
      expect(following(withNumbers(5, 6), '4')).toBe('5 6')
    })

    test('nothing is given across a gap, and all behind it', () => {
      const history = withNumbers(1, 2)
      for (const number of [5, 6]) history.add(link(`${number}`, `${number - 1}`), REORDER_MS + 1)
      const nowMs = REORDER_MS + 1
      expect(['1', '2', '3', '4', '5', '6'].map((id) => following(history, id, { nowMs }))).toEqual([
        'unknown',
        'unknown',
        'unknown',
        '5 6',
        '6',
        '',
      ])
    })

    test('what came shortly before a gap may be newer than what comes behind it', () => {
      const history = withNumbers(1, 2)
      history.add(link('5', '4'), REORDER_MS)
      history.add(link('6', '5'), REORDER_MS + 1)
      expect(['4', '5', '6'].map((id) => following(history, id, { nowMs: REORDER_MS + 1 }))).toEqual([
        'unknown',
        'unknown',
        '',
      ])
    })

    test('a gap that is filled late is no gap', () => {
      const history = withNumbers(1, 2, 5, 3, 6, 4)
      expect(following(history, '1')).toBe('2 3 4 5 6')
      expect(following(history, '4')).toBe('5 6')
    })

    test('an item that came before the one it names follows it still', () => {
      const history = withNumbers(1, 3, 2)
      expect(['1', '2', '3'].map((id) => following(history, id))).toEqual(['2 3', '3', ''])
    })

    test('an item that came very late leaves open what follows, until it is long ago', () => {
      const history = withNumbers(5, 6, 7, 2)
      expect(['2', '6', '7'].map((id) => following(history, id))).toEqual(['unknown', 'unknown', 'unknown'])
      history.add(link('8', '7'), REORDER_MS)
      expect(following(history, '8', { nowMs: REORDER_MS })).toBe('unknown')
      history.add(link('9', '8'), REORDER_MS + 1)
      expect(following(history, '9', { nowMs: REORDER_MS + 1 })).toBe('')
      history.add(link('10', '9'), REORDER_MS + 2)
      expect(following(history, '9', { nowMs: REORDER_MS + 2 })).toBe('10')
    })

    test('of two items with the same id the later one counts', () => {
      const history = start()
      for (const item of [link('1'), link('2'), link('1'), link('3')]) history.add(item, 0)
      expect(following(history, '1')).toBe('3')
    })

    test('two items that name the same one leave open what follows it', () => {
      const history = start()
      for (const item of [link('1'), link('2a', '1'), link('2b', '1')]) history.add(item, 0)
      expect(following(history, '1')).toBe('unknown')
      expect(following(history, '2a')).toBe('unknown')
    })

    test('items whose ids form a ring end after one round', () => {
      const history = start()
      for (const item of [link('1', '3'), link('3', '2'), link('2', '1')]) history.add(item, 0)
      expect(following(history, '1')).toBe('2 3')
    })

    test('a channel is known while it has items', () => {
      const history = withNumbers(1)
      expect(history.has('c', TTL_MS - 1)).toBe(true)
      expect(history.has('d', TTL_MS - 1)).toBe(false)
      expect(history.has('c', TTL_MS)).toBe(false)
    })

    test('channels know nothing of each other', () => {
      const history = withNumbers(1, 2)
      history.add(link('3', '2', { channel: 'd' }), 0)
      expect(following(history, '1')).toBe('2')
      expect(following(history, '2', { channel: 'd' })).toBe('3')
    })
  })

  describe(`${name}: items that are no links`, () => {
    test('items without prev-id follow what came before them', () => {
      const history = start()
      for (const id of ['1', '2', '3']) history.add(link(id), 0)
      expect(following(history, '1')).toBe('2 3')
    })

    test('items without id are given where they came', () => {
      const history = withNumbers(1)
      for (const item of [link(undefined), link('2', '1'), link(undefined, '2'), link(undefined)]) {
        history.add(item, 0)
      }
      expect(following(history, '1')).toBe('- 2 - -')
      expect(following(history, '2')).toBe('- -')
    })

    test('an item with no-seq does not break the chain, and can be the last that a client has', () => {
      const history = withNumbers(1)
      history.add(link('x', 'w', { noSeq: true }), 0)
      history.add(link('2', '1'), 0)
      expect(following(history, '1')).toBe('x 2')
      expect(following(history, 'x')).toBe('2')
    })

    test('an item without id that asks for something and sends nothing is not kept', () => {
      const history = withNumbers(1)
      history.add(closeItem('c'), 0)
      expect(history.size.items).toBe(1)
      expect(following(history, '1')).toBe('')
    })

    test('an item with an id that sends nothing is kept, as the next one names it', () => {
      const history = withNumbers(1)
      history.add({ ...closeItem('c'), id: '2', prevId: '1' }, 0)
      history.add(link('3', '2'), 0)
      expect(following(history, '1')).toBe('2 3')
    })
  })

  describe(`${name}: bounds`, () => {
    test('a channel keeps its last items, up to the number set', () => {
      const history = start({ maxItems: 3 })
      for (let i = 1; i <= 5; i++) history.add(link(`${i}`, `${i - 1}`), 0)
      expect(history.size.items).toBe(3)
      expect(following(history, '1')).toBe('unknown')
      expect(following(history, '2')).toBe('3 4 5')
      expect(following(history, '3')).toBe('4 5')
    })

    test('the number counts for each channel', () => {
      const history = start({ maxItems: 1 })
      for (const channel of ['c', 'd']) history.add(link('2', '1', { channel }), 0)
      expect(history.size).toMatchObject({ channels: 2, items: 2 })
      expect(following(history, '1')).toBe('2')
    })

    test('an item is kept for its time and not longer', () => {
      const history = start()
      history.add(link('1'), 0)
      history.add(link('2', '1'), 10)
      expect(following(history, '1', { nowMs: TTL_MS - 1 })).toBe('2')
      expect(following(history, '1', { nowMs: TTL_MS })).toBe('2')
      expect(following(history, '2', { nowMs: TTL_MS })).toBe('')
      expect(following(history, '2', { nowMs: TTL_MS + 10 })).toBe('unknown')
      expect(history.size).toEqual({ channels: 0, items: 0, bytes: 0 })
    })

    test('memory is free again when items are too old, without further calls for the channel', () => {
      const history = start()
      history.add(link('1'), 0)
      history.add(link('1', undefined, { channel: 'd' }), 10)
      history.expire(TTL_MS)
      expect(history.size).toMatchObject({ channels: 1, items: 1 })
      history.expire(TTL_MS + 10)
      expect(history.size).toEqual({ channels: 0, items: 0, bytes: 0 })
    })

    test('when memory is short the oldest items of all channels go', () => {
      const size = itemBytes(link('1'))
      const history = start({ maxBytes: 3 * size })
      history.add(link('1'), 0)
      history.add(link('1', undefined, { channel: 'd' }), 0)
      history.add(link('2'), 0)
      expect(history.size).toEqual({ channels: 2, items: 3, bytes: 3 * size })
      history.add(link('2', undefined, { channel: 'd' }), 0)
      history.add(link('3', undefined, { channel: 'd' }), 0)
      expect(history.size).toEqual({ channels: 2, items: 3, bytes: 3 * size })
      expect(following(history, '2')).toBe('')
      expect(following(history, '2', { channel: 'd' })).toBe('3')
      expect(following(history, '1', { channel: 'd' })).toBe('unknown')
    })

    test('an item larger than all the memory is not kept, and what was before it is not given', () => {
      const history = start({ maxBytes: 10_000 })
      history.add(link('1', undefined, { channel: 'd' }), 0)
      history.add(link('1'), 0)
      history.add(link('2', '1', { content: 'x'.repeat(10_000) }), 0)
      expect(following(history, '1')).toBe('unknown')
      history.add(link('3', '2'), 0)
      expect(following(history, '1')).toBe('unknown')
      expect(following(history, '2')).toBe('3')
      expect(following(history, '1', { channel: 'd' })).toBe('')
    })

    test('with a size of 0 nothing is kept', () => {
      const history = start({ maxItems: 0 })
      history.add(link('1'), 0)
      expect(following(history, '1')).toBe('unknown')
      expect(history.size).toEqual({ channels: 0, items: 0, bytes: 0 })
    })
  })

  describe(`${name}: forgetting`, () => {
    test('a channel can be forgotten', () => {
      const history = withNumbers(1, 2)
      history.add(link('1', undefined, { channel: 'd' }), 0)
      history.forget('c')
      expect(following(history, '1')).toBe('unknown')
      expect(following(history, '1', { channel: 'd' })).toBe('')
      expect(history.size).toMatchObject({ channels: 1, items: 1 })
    })

    test('everything can be forgotten', () => {
      const history = withNumbers(1, 2)
      history.forgetAll()
      expect(following(history, '1')).toBe('unknown')
      expect(history.size).toEqual({ channels: 0, items: 0, bytes: 0 })
      history.add(link('3', '2'), 0)
      expect(following(history, '2')).toBe('3')
    })
  })
}
