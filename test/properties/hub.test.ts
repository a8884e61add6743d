import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '../../src/hub/batch.ts'
import type { Hold, Subscription } from '../../src/hub/hold.ts'
import type { Hub } from '../../src/hub/hub.ts'
import { contentOf, createTestHub, requestsOf } from '../hub/support.ts'
import { openTestConnection } from '../support/connections.ts'
import { bothItem, closeItem, streamItem } from '../support/items.ts'

const CHANNELS = ['a', 'b', 'c']
/** So many anonymous holds that a pass over the channel takes several slices. */
const CROWD = 1500

const channel = fc.constantFrom(...CHANNELS)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('publish' as const), channel, isLarge: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      channels: fc.uniqueArray(channel, { minLength: 1 }),
      /** Leaves by itself in that delivery, counted from 1. */
      leavesAfter: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      /** Makes the hold before it leave in each delivery. */
      isKiller: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), channel }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('turn' as const), ms: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
)

/** A hold that knows what it must be given: every item published on its channels from its beginning to its end. */
class Witness implements Hold {
  readonly kind = 'stream'
  readonly connection = openTestConnection()
  readonly channels: readonly string[]
  readonly expected: string[] = []
  readonly received: string[] = []
  readonly #hub: Hub
  readonly #subscriptions: readonly Subscription[]
  readonly #onDelivery: (deliveries: number) => void
  #deliveries = 0
  isOpen = true
  isClosedByItem = false
  /** Counted when it has ended already. */
  tooLate = 0

  constructor(hub: Hub, channels: readonly string[], onDelivery: (deliveries: number) => void) {
    this.#hub = hub
    this.channels = channels
    this.#onDelivery = onDelivery
    this.#subscriptions = hub.subscribe(this, requestsOf(...channels)).subscriptions
  }

  deliver(batch: Batch): void {
    if (!this.isOpen) this.tooLate++
    for (const item of batch.items) {
      if (item.action === 'close') {
        this.isClosedByItem = true
        this.leave()
        break
      }
      this.received.push(contentOf(item))
    }
    this.#deliveries++
    this.#onDelivery(this.#deliveries)
  }

  update(): void {
    throw new Error('there is nothing to ask an origin for')
  }

  missed(): void {
    throw new Error('nothing can be missed where no chain is followed')
  }

  leave(): void {
    this.isOpen = false
    this.#hub.unsubscribe(this.#subscriptions)
  }
}

/** Runs the steps and returns the holds, all of which are given what they are due. */
function run(
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
  rate: number | undefined,
): Witness[] {
  const { hub, clock } = createTestHub(rate === undefined ? undefined : { deliveriesPerSecond: rate })
  const crowd: Hold = {
    kind: 'stream',
    connection: openTestConnection(),
    deliver: () => {},
    update: () => {},
    missed: () => {},
  }
  for (let i = 0; i < CROWD; i++) hub.subscribe(crowd, requestsOf('a'))
  const holds: Witness[] = []
  let published = 0
  const expectAll = (channel: string, text: string): void => {
    for (const hold of holds) if (hold.isOpen && hold.channels.includes(channel)) hold.expected.push(text)
  }
  for (const one of steps) {
    switch (one.kind) {
      case 'publish': {
        const text = `${one.channel}${++published}${one.isLarge ? '.'.repeat(600_000) : ''}`
        expectAll(one.channel, text)
        hub.deliver(published % 2 === 0 ? streamItem(one.channel, text) : bothItem(one.channel, text))
        break
      }
      case 'close':
        expectAll(one.channel, CLOSE)
        hub.deliver(closeItem(one.channel))
        break
      case 'subscribe': {
        const before = holds.at(-1)
        const hold: Witness = new Witness(hub, one.channels, (deliveries) => {
          if (deliveries === one.leavesAfter) hold.leave()
          if (one.isKiller) before?.leave()
        })
        holds.push(hold)
        break
      }
      case 'leave':
        if (holds.length > 0) holds[one.which % holds.length]!.leave()
        break
      case 'turn':
        clock.turn()
        clock.advance(one.ms)
        break
      case 'flush':
        hub.flush()
    }
  }
  clock.advance(1_000_000)
  expect(clock.timerCount).toBe(0)
  return holds
}

const CLOSE = '<close>'

test.each([
  ['without a rate limit', undefined, 300],
  ['at a limited rate', 20_000, 150],
])(
  'each hold sees each item from its beginning to its end once and in order, %s',
  (_, rate, numRuns) => {
    let seen = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        for (const { expected, received, isOpen, isClosedByItem, tooLate } of run(steps, rate)) {
          const end = expected.indexOf(CLOSE)
          const due = end < 0 ? expected : expected.slice(0, end)
          // One that left by itself saw the beginning of what it was due, the others all of it.
          const hasLeft = !isOpen && !isClosedByItem
          expect(received).toEqual(hasLeft ? due.slice(0, received.length) : due)
          expect(isClosedByItem && end < 0).toBe(false)
          expect(tooLate).toBe(0)
          seen += received.length
        }
      }),
      { numRuns },
    )
    expect(seen).toBeGreaterThan(numRuns * 4)
  },
  60_000,
)
