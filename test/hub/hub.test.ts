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

describe('an observer of channels', () => {
  function observe() {
    const changes: string[] = []
    const observer = {
      channelOpened: (name: string) => changes.push(`+${name}`),
      channelDropped: (name: string) => changes.push(`-${name}`),
    }
    return { changes, observer }
  }

  it('hears of each channel when its first holder comes and its last one leaves', () => {
    const { hub } = createTestHub()
    const { changes, observer } = observe()
    hub.observe(observer)
    const first = hub.subscribe(new RecordingHold(), requestsOf('a', 'b')).subscriptions
    const second = hub.subscribe(new RecordingHold(), requestsOf('a')).subscriptions
    hub.unsubscribe(first)
    expect(changes).toEqual(['+a', '+b', '-b'])
    hub.unsubscribe(second)
    expect(changes.slice(3)).toEqual(['-a'])
  })

  it('that comes later hears of the channels that are there', () => {
    const { hub } = createTestHub()
    hub.subscribe(new RecordingHold(), requestsOf('a', 'b'))
    const { changes, observer } = observe()
    hub.observe(observer)
    expect(changes).toEqual(['+a', '+b'])
  })

  it('hears nothing while a channel lingers after its last long poll, and its end when that is over', () => {
    const { hub, clock } = createTestHub(undefined, { lingerMs: 1000 })
    const { changes, observer } = observe()
    hub.observe(observer)
    hub.unsubscribe(hub.subscribe(new RecordingHold('response'), requestsOf('a')).subscriptions)
    hub.tick(clock.now() + 999)
    expect(changes).toEqual(['+a'])
    hub.tick(clock.now() + 1000)
    expect(changes).toEqual(['+a', '-a'])
  })
})
