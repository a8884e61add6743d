import { describe, expect, test } from 'vitest'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import type { Sequencer, SequencerOptions } from '../../src/hub/sequencer.ts'
import { idsOf, link } from '../hub/links.ts'

/** What the contract is about. */
export type SequencerLike = Pick<
  Sequencer,
  'accept' | 'expire' | 'lastId' | 'forget' | 'forgetAll' | 'drop' | 'size'
>

export type CreateSequencer = (options: SequencerOptions) => SequencerLike

const WAIT_MS = 5000
const TTL_MS = 60_000

/** The ids of the items that are handed out because of the item, or else what became of it. */
export function acceptance(
  sequencer: SequencerLike,
  item: PublishItem,
  options: { isHeld?: boolean; nowMs?: number } = {},
): string {
  const outcome = sequencer.accept(item, { isHeld: options.isHeld ?? true, nowMs: options.nowMs ?? 0 })
  switch (outcome.kind) {
    case 'delivered':
      return idsOf([item])
    case 'released':
      return idsOf(outcome.items)
    case 'dropped':
      return `dropped: ${outcome.reason}`
    default:
      return outcome.kind
  }
}

/** What every sequencer does. */
export function sequencerContract(name: string, create: CreateSequencer): void {
  function start(options: Partial<SequencerOptions> = {}): SequencerLike {
    return create({ messageWaitMs: WAIT_MS, idCacheTtlMs: TTL_MS, ...options })
  }

  describe(`${name}: order`, () => {
    test('items that arrive in the order of their chain are delivered at once', () => {
      const sequencer = start()
      for (const item of [link('1'), link('2', '1'), link('3', '2')]) {
        expect(acceptance(sequencer, item)).toBe(item.id)
      }
      expect(sequencer.lastId('c')).toBe('3')
    })

    test('the first item of a channel is delivered whatever it names', () => {
      expect(acceptance(start(), link('8', '7'))).toBe('8')
    })

    test('an item that comes too early waits for the one before it', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link('3', '2'))).toBe('parked')
      expect(sequencer.lastId('c')).toBe('1')
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3')
      expect(sequencer.lastId('c')).toBe('3')
      expect(sequencer.size.parked).toBe(0)
    })

    test('all items that wait for each other come out together, in the order of the chain', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      for (const number of [5, 3, 6, 4]) {
        expect(acceptance(sequencer, link(`${number}`, `${number - 1}`))).toBe('parked')
      }
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3 4 5 6')
    })

    test('an item without prev-id never waits, and those that wait for it follow', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('10', '9'))
      expect(acceptance(sequencer, link('9'))).toBe('9 10')
    })

    test('an item without id makes the last id unknown', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link(undefined))).toBe('-')
      expect(sequencer.lastId('c')).toBeUndefined()
      expect(acceptance(sequencer, link('8', '7'))).toBe('8')
    })

    test('an item without id waits for the one that it names, and nothing waits for it', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link(undefined, '2'))).toBe('parked')
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 -')
      expect(sequencer.lastId('c')).toBeUndefined()
    })

    test('an item with no-seq is delivered at once and is no part of the chain', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link('9', '8', { noSeq: true }))).toBe('9')
      expect(sequencer.lastId('c')).toBe('1')
    })

    test('items of a channel that nobody holds are delivered as they come', () => {
      const sequencer = start()
      for (const item of [link('1'), link('3', '2'), link('2', '1')]) {
        expect(acceptance(sequencer, item, { isHeld: false })).toBe(item.id)
      }
      expect(sequencer.lastId('c')).toBeUndefined()
    })

    test('channels know nothing of each other', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      expect(acceptance(sequencer, link('3', '2'))).toBe('parked')
      expect(acceptance(sequencer, link('2', '1', { channel: 'd' }))).toBe('2')
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3')
    })
  })

  describe(`${name}: waiting`, () => {
    test('an item that waits in vain is delivered when message_wait is over, and not before', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'), { nowMs: 100 })
      expect(idsOf(sequencer.expire(100 + WAIT_MS - 1))).toBe('')
      expect(idsOf(sequencer.expire(100 + WAIT_MS))).toBe('3')
      expect(sequencer.lastId('c')).toBe('3')
      expect(idsOf(sequencer.expire(100 + 2 * WAIT_MS))).toBe('')
    })

    test('items that follow it come with it, however late they came themselves', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'), { nowMs: 0 })
      acceptance(sequencer, link('4', '3'), { nowMs: WAIT_MS - 1 })
      expect(idsOf(sequencer.expire(WAIT_MS))).toBe('3 4')
    })

    test('items that lead to it come before it, however late they came themselves', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('5', '4'), { nowMs: 0 })
      acceptance(sequencer, link('6', '5'), { nowMs: 1 })
      acceptance(sequencer, link('4', '3'), { nowMs: 2 })
      acceptance(sequencer, link('3', '2'), { nowMs: 3 })
      expect(idsOf(sequencer.expire(WAIT_MS))).toBe('3 4 5 6')
    })

    test('of items that nothing connects the oldest comes first', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      acceptance(sequencer, link('9', '8'))
      acceptance(sequencer, link('5', '4', { channel: 'd' }))
      acceptance(sequencer, link('3', '2'))
      expect(idsOf(sequencer.expire(WAIT_MS))).toBe('9 5 3')
    })

    test('an item that comes after its follower was given up waits in its turn', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'))
      sequencer.expire(WAIT_MS)
      expect(acceptance(sequencer, link('2', '1'), { nowMs: WAIT_MS })).toBe('parked')
      expect(idsOf(sequencer.expire(2 * WAIT_MS))).toBe('2')
    })

    test('items whose ids form a ring are each delivered once', () => {
      const sequencer = start()
      acceptance(sequencer, link('0'))
      acceptance(sequencer, link('1', '3'))
      acceptance(sequencer, link('2', '1'))
      acceptance(sequencer, link('3', '2'))
      expect(
        sequencer
          .expire(WAIT_MS)
          .map((item) => item.id)
          .sort(),
      ).toEqual(['1', '2', '3'])
      expect(sequencer.size.parked).toBe(0)
    })

    test('with a message_wait of 0 nothing waits', () => {
      const sequencer = start({ messageWaitMs: 0 })
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link('3', '2'))).toBe('3')
    })

    test('a second item for the same place is dropped', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'))
      expect(acceptance(sequencer, link('3b', '2'))).toBe('dropped: prev-id-taken')
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3')
    })

    test('an item above the number that may wait is dropped, and can be published again', () => {
      const sequencer = start({ limits: { maxParkedPerChannel: 2 } })
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'))
      acceptance(sequencer, link('4', '3'))
      expect(acceptance(sequencer, link('5', '4'))).toBe('dropped: parking-full')
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3 4')
      expect(acceptance(sequencer, link('5', '4'))).toBe('5')
    })

    test('100 items of a channel may wait', () => {
      const sequencer = start()
      acceptance(sequencer, link('0'))
      for (let i = 2; i < 102; i++) expect(acceptance(sequencer, link(`${i}`, `${i - 1}`))).toBe('parked')
      expect(acceptance(sequencer, link('102', '101'))).toBe('dropped: parking-full')
      expect(acceptance(sequencer, link('1', '0')).split(' ')).toHaveLength(101)
    })

    test('the number of items that may wait over all channels is limited too', () => {
      const sequencer = start({ limits: { maxParked: 2 } })
      for (const channel of ['a', 'b', 'd']) acceptance(sequencer, link('1', undefined, { channel }))
      expect(acceptance(sequencer, link('3', '2', { channel: 'a' }))).toBe('parked')
      expect(acceptance(sequencer, link('3', '2', { channel: 'b' }))).toBe('parked')
      expect(acceptance(sequencer, link('3', '2', { channel: 'd' }))).toBe('dropped: parking-full')
    })
  })

  describe(`${name}: duplicates`, () => {
    test('an id that was seen on the channel is a duplicate until its time is over', () => {
      const sequencer = start()
      expect(acceptance(sequencer, link('1'), { nowMs: 0 })).toBe('1')
      expect(acceptance(sequencer, link('1'), { nowMs: TTL_MS - 1 })).toBe('duplicate')
      expect(acceptance(sequencer, link('1'), { nowMs: TTL_MS })).toBe('1')
    })

    test('an item that waits is known already', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'))
      expect(acceptance(sequencer, link('3', '2'))).toBe('duplicate')
    })

    test('items with no-seq, and of channels that nobody holds, can be duplicates', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'), { isHeld: false })
      expect(acceptance(sequencer, link('1'), { isHeld: false })).toBe('duplicate')
      expect(acceptance(sequencer, link('1'))).toBe('duplicate')
      acceptance(sequencer, link('2', undefined, { noSeq: true }))
      expect(acceptance(sequencer, link('2', undefined, { noSeq: true }))).toBe('duplicate')
    })

    test('the same id on another channel is another item, whatever the names look like', () => {
      const sequencer = start()
      expect(acceptance(sequencer, link('b1', undefined, { channel: 'a' }))).toBe('b1')
      expect(acceptance(sequencer, link('1', undefined, { channel: 'ab' }))).toBe('1')
      expect(acceptance(sequencer, link('b1', undefined, { channel: 'ab' }))).toBe('b1')
      expect(acceptance(sequencer, link('1:b1', undefined, { channel: '1' }))).toBe('1:b1')
      expect(acceptance(sequencer, link('b1', undefined, { channel: '11:' }))).toBe('b1')
    })

    test('items without id are never duplicates', () => {
      const sequencer = start()
      expect(acceptance(sequencer, link(undefined))).toBe('-')
      expect(acceptance(sequencer, link(undefined))).toBe('-')
      expect(sequencer.size.seenIds).toBe(0)
    })

    test('with an id_cache_ttl of 0 nothing is a duplicate', () => {
      const sequencer = start({ idCacheTtlMs: 0 })
      acceptance(sequencer, link('1'))
      expect(acceptance(sequencer, link('1'))).toBe('1')
    })

    test('above the number of ids that are remembered the oldest is forgotten', () => {
      const sequencer = start({ limits: { maxSeenIds: 2 } })
      for (const id of ['1', '2', '3']) acceptance(sequencer, link(id))
      expect(acceptance(sequencer, link('3'))).toBe('duplicate')
      expect(acceptance(sequencer, link('2'))).toBe('duplicate')
      expect(acceptance(sequencer, link('1'))).toBe('1')
    })

    test('ids are forgotten in quiet times too', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      expect(sequencer.size.seenIds).toBe(1)
      sequencer.expire(TTL_MS)
      expect(sequencer.size.seenIds).toBe(0)
    })
  })

  describe(`${name}: forgetting`, () => {
    test('once the last id is forgotten any item is delivered at once', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      sequencer.forget('c')
      expect(acceptance(sequencer, link('8', '7'))).toBe('8')
      expect(acceptance(sequencer, link('8', '7', { channel: 'd' }))).toBe('parked')
    })

    test('all last ids can be forgotten at once', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      sequencer.forgetAll()
      expect(sequencer.lastId('c')).toBeUndefined()
      expect(acceptance(sequencer, link('8', '7', { channel: 'd' }))).toBe('8')
    })

    test('items that waited when the last id was forgotten come before the one that they lead to', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('4', '3'))
      acceptance(sequencer, link('3', '2'))
      sequencer.forget('c')
      expect(acceptance(sequencer, link('5', '4'))).toBe('3 4 5')
    })

    test('items that waited when the last id was forgotten still come after the one that they name', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('3', '2'))
      sequencer.forgetAll()
      expect(acceptance(sequencer, link('2', '1'))).toBe('2 3')
    })

    test('a channel that is dropped gives its waiting items back, and knows nothing any more', () => {
      const sequencer = start()
      acceptance(sequencer, link('1'))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      for (const channel of ['c', 'd']) {
        acceptance(sequencer, link('4', '3', { channel }))
        acceptance(sequencer, link('3', '2', { channel }))
      }
      expect(idsOf(sequencer.drop('c'))).toBe('4 3')
      expect(idsOf(sequencer.drop('c'))).toBe('')
      expect(sequencer.lastId('c')).toBeUndefined()
      expect(sequencer.size).toMatchObject({ parked: 2, lastIds: 1 })
      expect(idsOf(sequencer.expire(WAIT_MS))).toBe('3 4')
    })

    test('above the number of last ids the least recently set is forgotten', () => {
      const sequencer = start({ limits: { maxLastIds: 2 } })
      acceptance(sequencer, link('1', undefined, { channel: 'a' }))
      acceptance(sequencer, link('1', undefined, { channel: 'b' }))
      acceptance(sequencer, link('2', '1', { channel: 'a' }))
      acceptance(sequencer, link('1', undefined, { channel: 'd' }))
      expect(['a', 'b', 'd'].map((channel) => sequencer.lastId(channel))).toEqual(['2', undefined, '1'])
    })
  })
}
