import { describe, expect, it } from 'vitest'
import type { ChannelFeed, PublishBus } from '../../src/edges/bus.ts'
import type { Subscription } from '../../src/hub/hold.ts'
import type { Hub } from '../../src/hub/hub.ts'
import { RecordingHold, requestsOf } from '../hub/support.ts'
import { streamItem } from '../support/items.ts'

/** A bus with a hub that it delivers to. */
export interface BusUnderTest {
  readonly bus: PublishBus
  readonly hub: Hub
  /** To be asked before the hub is subscribed to. */
  readonly feed: ChannelFeed
  /** Waits until everything published has been delivered. */
  settle(): void | Promise<void>
}

/** What every PublishBus promises. */
export function describePublishBus(name: string, create: () => BusUnderTest | Promise<BusUnderTest>): void {
  describe(`the publish bus: ${name}`, () => {
    it('brings an item to a hold that subscribed before, and says to how many', async () => {
      const { bus, settle, ...place } = await create()
      const holds = [1, 2].map(() => new RecordingHold())
      for (const hold of holds) await subscribe(place, hold, 'a')
      expect(await bus.publish([streamItem('a', '1'), streamItem('b', '2')])).toEqual([
        { holds: 2 },
        { holds: 0 },
      ])
      await settle()
      expect(holds.map(({ received }) => received)).toEqual([['1'], ['1']])
    })

    it('keeps the order of the items of one call and of one caller', async () => {
      const { bus, settle, ...place } = await create()
      const hold = new RecordingHold()
      await subscribe(place, hold, 'a', 'b')
      const texts = Array.from({ length: 50 }, (_, i) => `${i}`)
      const calls: Promise<unknown>[] = []
      for (let i = 0; i < texts.length; i += 5) {
        calls.push(bus.publish(texts.slice(i, i + 5).map((text) => streamItem('ab'[+text % 2]!, text))))
      }
      await Promise.all(calls)
      await settle()
      expect(hold.received).toEqual(texts)
    })

    it('answers a call without items with no outcomes', async () => {
      const { bus } = await create()
      expect(await bus.publish([])).toEqual([])
    })

    it('does not bring an item to a hold that left before', async () => {
      const { bus, settle, ...place } = await create()
      const hold = new RecordingHold()
      place.hub.unsubscribe(await subscribe(place, hold, 'a'))
      expect(await bus.publish([streamItem('a', '1')])).toEqual([{ holds: 0 }])
      await settle()
      expect(hold.received).toEqual([])
    })

    it('has delivered everything when it is closed', async () => {
      const { bus, ...place } = await create()
      const hold = new RecordingHold()
      await subscribe(place, hold, 'a')
      for (const text of ['1', '2', '3']) await bus.publish([streamItem('a', text)])
      await bus.close()
      expect(hold.received).toEqual(['1', '2', '3'])
    })
  })
}

function subscribe(
  { hub, feed }: Pick<BusUnderTest, 'hub' | 'feed'>,
  hold: RecordingHold,
  ...channels: string[]
): Promise<readonly Subscription[]> {
  return new Promise((resolve) => {
    feed.open(channels, () => resolve(hub.subscribe(hold, requestsOf(...channels)).subscriptions))
  })
}
