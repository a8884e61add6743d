import { describe, expect, it } from 'vitest'
import { closeItem } from '../../support/items.ts'
import { chainedItem, requestAfter } from '../chains.ts'
import { createTestHistory, createTestHub, RecordingHold, requestsOf } from '../support.ts'

/** A hub that has handed items 1 to `last` of channel a to a hold. */
function hubAt(last: number, options: { hasHistory: boolean }) {
  const history = options.hasHistory ? createTestHistory() : undefined
  const parts = createTestHub(undefined, { history, updatesOnFirstSubscription: true })
  parts.hub.subscribe(new RecordingHold(), requestsOf('a'))
  for (let number = 1; number <= last; number++) parts.hub.deliver(chainedItem('a', number))
  parts.clock.settle()
  return parts
}

describe('a client with the id of an item before the last one', () => {
  it('is behind where there is no history', () => {
    const { hub } = hubAt(3, { hasHistory: false })
    expect([2, 3].map((number) => hub.isBehind([requestAfter('a', number)]))).toEqual([true, false])
    expect(hub.isBehind(requestsOf('a'))).toBe(false)
    expect(hub.isBehind([requestAfter('unknown', 7)])).toBe(false)
  })

  it('is not behind where the history knows the id, and is where it does not', () => {
    const { hub } = hubAt(3, { hasHistory: true })
    const ahead = 4
    expect([1, 2, 3, ahead].map((number) => hub.isBehind([requestAfter('a', number)]))).toEqual([
      false,
      false,
      false,
      true,
    ])
  })

  it('is not behind what was newest already when its origin was asked, and is behind what came since', () => {
    const { hub } = hubAt(3, { hasHistory: false })
    const known = hub.newestIds(['a'])
    expect(hub.isBehind([requestAfter('a', 1)], known)).toBe(false)
    hub.deliver(chainedItem('a', 4))
    expect(hub.isBehind([requestAfter('a', 1)], known)).toBe(true)
    expect(hub.isBehind([requestAfter('a', 4)], known)).toBe(false)
  })

  it('is behind nothing when all was forgotten, as nobody knows', () => {
    const { hub } = hubAt(3, { hasHistory: true })
    hub.recover()
    expect(hub.isBehind([requestAfter('a', 1)])).toBe(false)
  })
})

describe('a replay', () => {
  it('is what was sent, without what was asked of the holds of that time', () => {
    const { hub } = hubAt(1, { hasHistory: true })
    hub.deliver({ ...closeItem('a'), id: '2', prevId: '1' })
    hub.deliver(chainedItem('a', 3))
    const { missed, subscriptions } = hub.subscribe(new RecordingHold(), [requestAfter('a', 1)])
    expect(missed[0]?.batch.streamPlan('raw')).toMatchObject({ wire: Buffer.from('3'), ends: false })
    expect(subscriptions[0]?.prevId).toBe('3')
  })
})

describe('holds of a channel', () => {
  it('ask their origins a second after its first subscription', () => {
    const { hub, clock } = createTestHub(undefined, { updatesOnFirstSubscription: true })
    const [first, second] = [new RecordingHold(), new RecordingHold()]
    hub.subscribe(first, requestsOf('a'))
    clock.advance(500)
    hub.subscribe(second, requestsOf('a'))
    hub.tick(clock.now())
    expect(first.updates).toBe(0)
    clock.advance(500)
    hub.tick(clock.now())
    expect([first.updates, second.updates]).toEqual([1, 1])
  })

  it('all ask their origins on recover', () => {
    const { hub } = createTestHub()
    const holds = ['a', 'a', 'b'].map((channel) => {
      const hold = new RecordingHold()
      hub.subscribe(hold, requestsOf(channel))
      return hold
    })
    hub.recover()
    expect(holds.map(({ updates }) => updates)).toEqual([1, 1, 1])
  })
})
