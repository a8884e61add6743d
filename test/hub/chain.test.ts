import { describe, expect, it } from 'vitest'
import { chainedItem, requestAfter } from './chains.ts'
import { createTestHistory, createTestHub, RecordingHold } from './support.ts'

describe('a hold that follows the chain of its channel', () => {
  it('is handed what the history has after its prev-id, and then what is published', () => {
    const { hub, clock } = createTestHub(undefined, { history: createTestHistory() })
    for (const number of [1, 2, 3]) hub.deliver(chainedItem('a', number))
    const hold = new RecordingHold()
    const { missed } = hub.subscribe(hold, [requestAfter('a', 1)])
    expect(missed.map(({ batch }) => batch.items.map(({ id }) => id))).toEqual([['2', '3']])
    hub.deliver(chainedItem('a', 4))
    clock.settle()
    expect([hold.received, hold.misses]).toEqual([['4'], 0])
  })

  it('is told that it missed something where nothing here can replace that, and is not given what follows', () => {
    const { hub, clock } = createTestHub()
    const hold = new RecordingHold()
    hub.subscribe(hold, [requestAfter('a', 1)])
    hub.deliver(chainedItem('a', 3))
    clock.settle()
    expect([hold.received, hold.misses]).toEqual([[], 1])
  })

  it('is given by the history what the rate limit has dropped on the way to it', () => {
    const rate = { deliveriesPerSecond: 40, maxWaiting: 1 }
    const { hub, clock, counters } = createTestHub(rate, { history: createTestHistory() })
    const hold = new RecordingHold()
    hub.deliver(chainedItem('a', 1))
    hub.subscribe(hold, [requestAfter('a', 1)])
    for (const number of [2, 3, 4]) hub.deliver(chainedItem('a', number))
    clock.advance(1000)
    expect(counters.dropped['rate-limit']).toBe(1)
    hub.deliver(chainedItem('a', 5))
    clock.advance(1000)
    expect([hold.received, hold.misses]).toEqual([['2', '3', '4', '5'], 0])
  })

  it('and leaves in a delivery gets nothing of what the rest of the batch lacks', () => {
    for (const history of [undefined, createTestHistory()]) {
      const { hub, clock } = createTestHub(undefined, { history })
      const hold = new RecordingHold()
      hub.deliver(chainedItem('a', 1))
      const { subscriptions } = hub.subscribe(hold, [requestAfter('a', 1)])
      hold.onDeliver = () => hub.unsubscribe(subscriptions)
      // Keeps the fan-out busy, so that what follows makes one batch.
      hub.subscribe(new RecordingHold(), [{ name: 'busy', prevId: undefined, filters: [] }])
      hub.deliver(chainedItem('busy', 1))
      hub.deliver(chainedItem('a', 2))
      hub.deliver({ ...chainedItem('a', 4), noSeq: true })
      clock.settle()
      expect([hold.received, hold.misses]).toEqual([['2'], 0])
    }
  })
})
