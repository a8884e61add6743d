import { describe, expect, it } from 'vitest'
import type { Subscription } from '../../src/hub/hold.ts'
import type { Hub } from '../../src/hub/hub.ts'
import { bothItem, hintItem, responseItem, streamItem } from '../support/items.ts'
import { createTestHub, RecordingHold, requestsOf } from './support.ts'

const SLICE = 1000
/** What an item counts beside its content. */
const BYTES_PER_ITEM = 128

function subscribeMany(hub: Hub, channel: string, count: number): RecordingHold[] {
  const holds = Array.from({ length: count }, () => new RecordingHold())
  for (const hold of holds) hub.subscribe(hold, requestsOf(channel))
  return holds
}

describe('an item', () => {
  it('published after a pause is delivered before the publisher goes on', () => {
    const { hub } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    hub.deliver(streamItem('a', '1'))
    expect(hold!.received).toEqual(['1'])
  })

  it('published while others are delivered waits for its turn', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    hub.deliver(streamItem('a', '3'))
    expect(hold!.received).toEqual(['1'])
    clock.turn()
    expect(hold!.batches).toEqual([['1'], ['2', '3']])
  })

  it('is delivered at once again when nothing waits any more', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    hub.deliver(streamItem('a', '1'))
    clock.settle()
    hub.deliver(streamItem('a', '2'))
    expect(hold!.received).toEqual(['1', '2'])
  })

  it('that only holds of the other kind could use asks for nothing', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    expect(hub.deliver(responseItem('a', '1'))).toBe(0)
    expect(clock.soonCount).toBe(0)
    expect(hub.deliver(bothItem('a', '2'))).toBe(1)
    expect(hold!.received).toEqual(['2'])
  })

  it('of a channel that nobody holds asks for nothing', () => {
    const { hub, clock } = createTestHub()
    expect(hub.deliver(streamItem('nobody', '1'))).toBe(0)
    expect(clock.soonCount).toBe(0)
  })
})

describe('many holds', () => {
  it('are served a slice at a time, the first one at once', () => {
    const { hub, clock } = createTestHub()
    const holds = subscribeMany(hub, 'a', 2 * SLICE + 1)
    const served = (): number => holds.filter(({ received }) => received.length === 1).length
    hub.deliver(streamItem('a', '1'))
    expect(served()).toBe(SLICE)
    clock.turn()
    expect(served()).toBe(2 * SLICE)
    clock.turn()
    expect(served()).toBe(2 * SLICE + 1)
    clock.settle()
    expect(clock.soonCount).toBe(0)
  })

  it('get items of several channels in the order published', () => {
    const { hub, clock } = createTestHub()
    const hold = new RecordingHold()
    subscribeMany(hub, 'a', SLICE + 10)
    hub.subscribe(hold, requestsOf('a', 'b'))
    for (const [channel, text] of ['a1', 'b2', 'a3', 'a4', 'b5'].map((text) => [text[0]!, text] as const)) {
      hub.deliver(streamItem(channel, text))
    }
    clock.settle()
    expect(hold.received).toEqual(['a1', 'b2', 'a3', 'a4', 'b5'])
    expect(hold.batches).toEqual([['a1'], ['b2'], ['a3', 'a4'], ['b5']])
  })

  it('are all served before flush returns, also the rest of a pass under way', () => {
    const { hub, clock } = createTestHub()
    const holds = subscribeMany(hub, 'a', 3 * SLICE)
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    hub.flush()
    for (const { received } of holds) expect(received).toEqual(['1', '2'])
    clock.settle()
    for (const { received } of holds) expect(received).toEqual(['1', '2'])
    hub.deliver(streamItem('a', '3'))
    expect(holds[0]!.received).toEqual(['1', '2', '3'])
  })

  it('slow a publisher of large items down: 4 MiB wait at most', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    const mebibyte = 'x'.repeat(1024 * 1024 - BYTES_PER_ITEM)
    hub.deliver(streamItem('a', '1'))
    for (let i = 0; i < 4; i++) hub.deliver(streamItem('a', mebibyte))
    expect(hold!.received.length).toBe(1)
    hub.deliver(streamItem('a', '2'))
    expect(hold!.received.length).toBe(6)
    hub.deliver(streamItem('a', '3'))
    expect(hold!.received.length).toBe(6)
    clock.settle()
    expect(hold!.received.length).toBe(7)
  })
})

describe('a burst of items', () => {
  it('slows its publisher down also where they have no content', () => {
    const { hub } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    let published = 0
    do hub.deliver(hintItem('a'))
    while (++published < 100_000 && hold!.batches.length === 1)
    expect(hold!.batches.length).toBe(2)
    expect(hold!.batches[1]!.length).toBe(published - 1)
  })
})

describe('a hold that joins', () => {
  it('while items wait gets only those published after', () => {
    const { hub, clock } = createTestHub()
    subscribeMany(hub, 'a', 1)
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    const late = new RecordingHold()
    hub.subscribe(late, requestsOf('a'))
    hub.deliver(streamItem('a', '3'))
    clock.settle()
    expect(late.received).toEqual(['3'])
    expect(late.batchTimesMs).toEqual([clock.now()])
  })

  it('while a pass is under way gets nothing of it', () => {
    const { hub, clock } = createTestHub()
    subscribeMany(hub, 'a', SLICE + 1)
    hub.deliver(streamItem('a', '1'))
    const late = new RecordingHold()
    hub.subscribe(late, requestsOf('a'))
    clock.settle()
    expect(late.received).toEqual([])
  })

  it('a channel which everybody left in the meantime gets nothing that waits for those', () => {
    const { hub, clock } = createTestHub()
    const first = new RecordingHold()
    const { subscriptions } = hub.subscribe(first, requestsOf('a'))
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    hub.unsubscribe(subscriptions)
    const late = new RecordingHold()
    hub.subscribe(late, requestsOf('a'))
    hub.deliver(streamItem('a', '3'))
    clock.settle()
    expect(first.received).toEqual(['1'])
    expect(late.received).toEqual(['3'])
  })
})

describe('a hold that, as it is delivered to,', () => {
  it('leaves gets nothing more, and the others get everything', () => {
    const { hub, clock } = createTestHub()
    const holds = subscribeMany(hub, 'a', 3)
    const leaver = new RecordingHold()
    const { subscriptions } = hub.subscribe(leaver, requestsOf('a', 'b'))
    holds.push(...subscribeMany(hub, 'a', 3))
    leaver.onDeliver = () => hub.unsubscribe(subscriptions)
    for (const text of ['1', '2', '3']) hub.deliver(streamItem('a', text))
    hub.deliver(streamItem('b', '4'))
    clock.settle()
    expect(leaver.received).toEqual(['1'])
    for (const { received } of holds) expect(received).toEqual(['1', '2', '3'])
  })

  it('makes all others leave is the last one served', () => {
    const { hub, clock } = createTestHub()
    const subscriptions: Subscription[] = []
    const killer = new RecordingHold()
    hub.subscribe(killer, requestsOf('a'))
    const others = Array.from({ length: 20 }, () => new RecordingHold())
    for (const other of others) subscriptions.push(...hub.subscribe(other, requestsOf('a')).subscriptions)
    killer.onDeliver = () => hub.unsubscribe(subscriptions)
    hub.deliver(streamItem('a', '1'))
    clock.settle()
    expect(killer.received).toEqual(['1'])
    expect(others.flatMap(({ received }) => received)).toEqual([])
  })

  it('subscribes another hold does not hand it the item under way', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', 1)
    const other = new RecordingHold()
    hold!.onDeliver = () => {
      hold!.onDeliver = undefined
      hub.subscribe(other, requestsOf('a'))
    }
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    clock.settle()
    expect(other.received).toEqual(['2'])
  })

  it('publishes an item sees it come after the one under way, once', () => {
    const { hub, clock } = createTestHub()
    const holds = subscribeMany(hub, 'a', 3)
    holds[1]!.onDeliver = () => {
      holds[1]!.onDeliver = undefined
      hub.deliver(streamItem('a', '2'))
    }
    hub.deliver(streamItem('a', '1'))
    clock.settle()
    for (const { received } of holds) expect(received).toEqual(['1', '2'])
  })

  it('publishes an item does not lose those of later for a hold that joins then', () => {
    const { hub, clock } = createTestHub()
    const [hold] = subscribeMany(hub, 'a', SLICE)
    hold!.onDeliver = () => {
      hold!.onDeliver = undefined
      hub.deliver(streamItem('a', '2'))
    }
    hub.deliver(streamItem('a', '1'))
    const late = new RecordingHold()
    hub.subscribe(late, requestsOf('a'))
    hub.deliver(streamItem('a', '3'))
    clock.settle()
    expect(hold!.received).toEqual(['1', '2', '3'])
    expect(late.received).toEqual(['3'])
  })

  it('publishes more than may wait, or asks for a flush, sees each item once and in order', () => {
    const { hub, clock } = createTestHub()
    const holds = subscribeMany(hub, 'a', 3)
    const large = 'x'.repeat(5 * 1024 * 1024)
    holds[1]!.onDeliver = () => {
      holds[1]!.onDeliver = undefined
      hub.deliver(streamItem('a', large))
      hub.flush()
    }
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('b', '2'))
    clock.settle()
    for (const { received } of holds) expect(received.map((text) => text.length)).toEqual([1, large.length])
    hub.deliver(streamItem('a', '3'))
    expect(holds[0]!.received.at(-1)).toBe('3')
  })
})
