import { describe, expect, it } from 'vitest'
import { bothItem, closeItem, responseItem, streamItem } from '../support/items.ts'
import { createTestHub, RecordingHold, requestsOf } from './support.ts'

describe('a publish', () => {
  it('reaches the holds that its formats are for, and says how many', () => {
    const { hub, counters } = createTestHub()
    for (const kind of ['stream', 'stream', 'response'] as const)
      hub.subscribe(new RecordingHold(kind), requestsOf('a'))
    const items = [streamItem('a', 'x'), responseItem('a', 'x'), bothItem('a', 'x'), closeItem('a')]
    expect(items.map((item) => hub.deliver(item))).toEqual([2, 1, 3, 3])
    expect(hub.deliver(streamItem('b', 'x'))).toBe(0)
    expect(counters).toMatchObject({ itemsPublished: 5, deliveries: 9 })
  })

  it('says in the debug log how many holds it reached', () => {
    const { hub, log } = createTestHub()
    hub.subscribe(new RecordingHold(), requestsOf('a'))
    hub.deliver(streamItem('a', 'x'))
    hub.deliver(streamItem('b', 'x'))
    expect(log.lines).toEqual(['debug publish channel=a receivers=1', 'debug publish channel=b receivers=0'])
  })
})

describe('a hold', () => {
  it('of several channels gets the items of each', () => {
    const { hub, clock } = createTestHub()
    const hold = new RecordingHold()
    hub.subscribe(hold, requestsOf('a', 'b'))
    for (const [channel, text] of [
      ['b', '1'],
      ['c', '2'],
      ['a', '3'],
    ] as const) {
      hub.deliver(streamItem(channel, text))
    }
    clock.settle()
    expect(hold.received).toEqual(['1', '3'])
  })

  it('of no channel gets nothing and is in the way of nobody', () => {
    const { hub } = createTestHub()
    expect(hub.subscribe(new RecordingHold(), requestsOf())).toEqual({ subscriptions: [], missed: [] })
    expect(hub.channelCount).toBe(0)
  })

  it('that leaves one of its channels keeps the others', () => {
    const { hub, clock } = createTestHub()
    const hold = new RecordingHold()
    const [first] = hub.subscribe(hold, requestsOf('a', 'b')).subscriptions
    hub.unsubscribe([first!])
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('b', '2'))
    clock.settle()
    expect(hold.received).toEqual(['2'])
    expect(hub.channelCount).toBe(1)
  })

  it('treats names of channels as they are', () => {
    const { hub, clock } = createTestHub()
    const names = ['', 'a', 'A', '__proto__', 'constructor', 'ä', 'a b', 'a\u0000']
    const holds = names.map((name) => {
      const hold = new RecordingHold()
      hub.subscribe(hold, requestsOf(name))
      return hold
    })
    for (const name of names) hub.deliver(streamItem(name, `to ${name}`))
    clock.settle()
    expect(holds.map(({ received }) => received)).toEqual(names.map((name) => [`to ${name}`]))
  })
})
