import { describe, expect, it } from 'vitest'
import type { Hub } from '../../src/hub/hub.ts'
import { closeItem, responseItem, streamItem } from '../support/items.ts'
import { createTestHub, RecordingHold, requestsOf } from './support.ts'

function subscribeMany(hub: Hub, channel: string, count: number): RecordingHold[] {
  const holds = Array.from({ length: count }, () => new RecordingHold())
  for (const hold of holds) hub.subscribe(hold, requestsOf(channel))
  return holds
}

function served(holds: readonly RecordingHold[]): number {
  return holds.reduce((sum, { received }) => sum + received.length, 0)
}

describe('message_rate', () => {
  it('lets a first batch through at once, then one each 25 ms', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400 })
    const holds = subscribeMany(hub, 'a', 25)
    hub.deliver(streamItem('a', '1'))
    expect(served(holds)).toBe(10)
    clock.advance(24)
    expect(served(holds)).toBe(10)
    clock.advance(1)
    expect(served(holds)).toBe(20)
    clock.advance(25)
    expect(served(holds)).toBe(25)
  })

  it.each([3, 10, 30, 41, 100, 1000])('of %d is reached and not exceeded over time', (rate) => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: rate })
    const holds = subscribeMany(hub, 'a', 7 * rate)
    hub.deliver(streamItem('a', '1'))
    clock.advance(5000)
    const batch = Math.ceil((rate * 25) / 1000)
    // A batch is a whole number of deliveries: rates that do not divide by 40 are rounded up to those that do.
    const reached = Math.max(rate, batch * 40) === rate ? rate : rate < 40 ? rate : batch * 40
    expect(served(holds)).toBeGreaterThanOrEqual(Math.min(reached * 4.9, holds.length))
    expect(served(holds)).toBeLessThanOrEqual(Math.min(reached * 5.1 + batch, holds.length))
  })

  it('is reached also when timers fire a little before or after their moment', () => {
    for (const drift of [-0.9, 0.7]) {
      const { hub, clock } = createTestHub({ deliveriesPerSecond: 30 })
      const after = clock.after.bind(clock)
      // A timer of Node.js waits whole milliseconds and may fire a fraction of one early.
      clock.after = (delayMs, callback) => after(Math.max(Math.floor(delayMs) + drift, 0.1), callback)
      const holds = subscribeMany(hub, 'a', 1000)
      hub.deliver(streamItem('a', '1'))
      clock.advance(10_000)
      expect(served(holds)).toBeGreaterThan(290)
      expect(served(holds)).toBeLessThan(310)
    }
  })

  it('makes up for deliveries of several items at once', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400 })
    const holds = subscribeMany(hub, 'a', 20)
    for (let i = 0; i < 20; i++) hub.deliver(streamItem('a', `${i}`))
    clock.advance(500)
    expect(served(holds)).toBeLessThanOrEqual(400)
    expect(served(holds)).toBeGreaterThanOrEqual(200)
    clock.advance(600)
    expect(served(holds)).toBe(400)
    for (const { received } of holds) expect(received).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`))
  })

  it('does not save up what was not used', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400 })
    const holds = subscribeMany(hub, 'a', 100)
    clock.advance(10_000)
    hub.deliver(streamItem('a', '1'))
    clock.advance(1)
    expect(served(holds)).toBe(10)
  })

  it('does not hold back what is flushed', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400 })
    const holds = subscribeMany(hub, 'a', 100)
    hub.deliver(streamItem('a', '1'))
    hub.flush()
    expect(served(holds)).toBe(100)
    clock.advance(1000)
    expect(served(holds)).toBe(100)
    expect(clock.timerCount).toBe(0)
  })
})

describe('message_hwm', () => {
  it('drops whole items when too many deliveries wait, counts and logs them', () => {
    const { hub, clock, counters, log } = createTestHub({ deliveriesPerSecond: 40, maxWaiting: 5 })
    const [first, second] = subscribeMany(hub, 'a', 2)
    const reached = ['1', '2', '3', '4'].map((text) => hub.deliver(streamItem('a', text)))
    expect(reached).toEqual([2, 2, 2, 0])
    clock.advance(1000)
    expect(first!.received).toEqual(['1', '2', '3'])
    expect(second!.received).toEqual(['1', '2', '3'])
    expect(counters.dropped['rate-limit']).toBe(2)
    expect(counters.deliveries).toBe(6)
    expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn exceeded publish hwm (5), dropped 2 deliveries',
    ])
  })

  it('takes items again when what waited has been delivered', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 40, maxWaiting: 4 })
    const [hold] = subscribeMany(hub, 'a', 2)
    for (let round = 0; round < 5; round++) {
      hub.deliver(streamItem('a', `${round}.1`))
      hub.deliver(streamItem('a', `${round}.2`))
      clock.advance(1000)
    }
    expect(hold!.received.length).toBe(10)
  })

  it('does not count those that left before their turn as waiting for ever', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400, maxWaiting: 50 })
    for (let round = 0; round < 20; round++) {
      const leavers = Array.from({ length: 20 }, () => new RecordingHold('response'))
      for (const leaver of leavers) {
        const { subscriptions } = hub.subscribe(leaver, requestsOf('a'))
        leaver.onDeliver = () => hub.unsubscribe(subscriptions)
      }
      expect(hub.deliver(responseItem('a', '1'))).toBe(20)
      expect(hub.deliver(responseItem('a', '2'))).toBe(10)
      clock.advance(1000)
      expect(hub.channelCount).toBe(0)
    }
  })

  it('does not forget those that wait when others joined before their turn', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400, maxWaiting: 20 })
    subscribeMany(hub, 'first', 10)
    subscribeMany(hub, 'a', 1)
    subscribeMany(hub, 'b', 20)
    hub.deliver(streamItem('first', '1'))
    hub.deliver(streamItem('a', '1'))
    subscribeMany(hub, 'a', 9)
    hub.deliver(streamItem('b', '1'))
    clock.advance(25)
    expect(hub.deliver(streamItem('b', '20 wait already'))).toBe(0)
    clock.advance(25)
    expect(hub.deliver(streamItem('a', '10 wait now'))).toBe(10)
  })

  it('counts a close item like any other', () => {
    const { hub, counters } = createTestHub({ deliveriesPerSecond: 40, maxWaiting: 1 })
    subscribeMany(hub, 'a', 2)
    hub.deliver(streamItem('a', '1'))
    expect(hub.deliver(closeItem('a'))).toBe(0)
    expect(counters.dropped['rate-limit']).toBe(2)
  })

  it('serves a channel that has more holds than may wait', () => {
    const { hub, clock } = createTestHub({ deliveriesPerSecond: 400, maxWaiting: 3 })
    const holds = subscribeMany(hub, 'a', 50)
    expect(hub.deliver(streamItem('a', '1'))).toBe(50)
    clock.advance(1000)
    expect(holds.every((hold) => hold.received.join() === '1')).toBe(true)
  })
})
