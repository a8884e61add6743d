import { describe, expect, it } from 'vitest'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import type { Drainable, HoldEnvironment } from '../../src/hold/holdEnvironment.ts'
import type { Counters } from '../../src/stats/counters.ts'
import { createTestEnvironment, type TestEnvironment } from '../hold/support.ts'
import { closeItem } from '../support/items.ts'

/** A hold with the client that it holds. */
export interface HoldUnderTest {
  readonly hold: Drainable
  /** The hold begins to hold the channels. */
  subscribe(channels: readonly string[]): void
  /** What the client has been sent since the hold began. */
  sent(): string
  /** Times that the client was told the end. */
  ends(): number
  /** The client goes away. */
  leave(): void
}

export interface HoldFactory {
  create(environment: HoldEnvironment): HoldUnderTest
  /** An item that such a hold sends to its client. */
  item(channel: string, text: string): PublishItem
}

function heldCount({ streamHolds, responseHolds, socketHolds }: Counters): number {
  return streamHolds + responseHolds + socketHolds
}

/** Longer than any timer that a hold may have set. */
const ALL_TIME_MS = 600_000

/** What every hold promises. */
export function describeHold(name: string, { create, item }: HoldFactory): void {
  function begin(channels: readonly string[], more: Partial<HoldEnvironment> = {}) {
    const environment = createTestEnvironment(more)
    const held = create(environment)
    held.subscribe(channels)
    return { environment, ...held }
  }

  function expectNothingLeft({ hub, holds, counters, clock }: TestEnvironment): void {
    expect(hub.channelCount).toBe(0)
    expect(holds.size).toBe(0)
    expect(heldCount(counters)).toBe(0)
    // The one timer is the wheel's own.
    expect([clock.timerCount, clock.soonCount]).toEqual([1, 0])
  }

  const endings: [string, (held: ReturnType<typeof begin>) => void][] = [
    ['a close item', ({ environment }) => void environment.hub.deliver(closeItem('a'))],
    ['shutdown', ({ hold }) => hold.shutdown()],
    ['the client leaving', ({ leave }) => leave()],
  ]

  describe(`the hold: ${name}`, () => {
    it('gets an item published after it subscribed, and none from before', () => {
      const environment = createTestEnvironment()
      const { subscribe, sent } = create(environment)
      environment.hub.deliver(item('a', 'before'))
      subscribe(['a', 'b'])
      environment.hub.deliver(item('c', 'elsewhere'))
      expect(sent()).toBe('')
      environment.hub.deliver(item('b', 'after'))
      environment.clock.settle()
      expect(sent()).toBe('after')
    })

    it('is counted and listed while it lasts', () => {
      const { environment, hold } = begin(['a', 'b'])
      expect(environment.hub.channelCount).toBe(2)
      expect([...environment.holds]).toEqual([hold])
      expect(heldCount(environment.counters)).toBe(1)
    })

    it.each(endings)('leaves no subscription, timer or entry behind after %s', (_, end) => {
      const held = begin(['a', 'b'])
      end(held)
      held.environment.clock.settle()
      expectNothingLeft(held.environment)
      const sent = held.sent()
      held.environment.pass(ALL_TIME_MS)
      expect(held.sent()).toBe(sent)
    })

    it.each(endings)('gets nothing more after %s, not even what waits already', (_, end) => {
      const held = begin(['a', 'b'])
      const { hub, clock } = held.environment
      hub.deliver(item('other', 'keeps the hub busy'))
      end(held)
      const sent = held.sent()
      hub.deliver(item('a', 'late'))
      hub.deliver(item('b', 'late'))
      clock.settle()
      expect(held.sent()).toBe(sent)
    })

    it.each(endings)('ends once, whatever follows on %s', (_, end) => {
      const held = begin(['a'])
      end(held)
      const ends = held.ends()
      const { shutdown } = held.environment.counters.closed
      held.environment.hub.deliver(closeItem('a'))
      held.hold.shutdown()
      held.environment.pass(ALL_TIME_MS)
      expect(held.ends()).toBe(ends)
      expect(held.environment.counters.closed.shutdown).toBe(shutdown)
      expectNothingLeft(held.environment)
    })

    it.each(endings)('that is asked to subscribe after %s stays out of the hub', (_, end) => {
      const held = begin(['a'])
      end(held)
      held.subscribe(['a', 'b'])
      held.environment.clock.settle()
      expectNothingLeft(held.environment)
    })

    it('closed by an item in a batch gets what came before it and nothing after', () => {
      const { environment, sent, ends } = begin(['a', 'filler'])
      const { hub, clock } = environment
      // Keeps the fan-out busy, so that the next two make one batch.
      create(environment).subscribe(['busy'])
      hub.deliver(closeItem('busy'))
      hub.deliver(closeItem('a'))
      hub.deliver(item('a', 'late'))
      clock.settle()
      expect(sent()).not.toContain('late')
      expect(ends()).toBe(1)
      expectNothingLeft(environment)
    })

    it('that begins while the server stops ends at once', () => {
      const { environment, ends } = begin(['a'], { isDraining: true })
      expect(ends()).toBe(1)
      expect(environment.counters.closed.shutdown).toBe(1)
      expectNothingLeft(environment)
    })

    it('of no channel at all can still end', () => {
      const { environment, hold, ends } = begin([])
      hold.shutdown()
      expect(ends()).toBe(1)
      expectNothingLeft(environment)
    })

    it('can be one of many that one item ends', () => {
      const environment = createTestEnvironment()
      const all = Array.from({ length: 50 }, () => create(environment))
      for (const { subscribe } of all) subscribe(['a', 'b'])
      environment.hub.deliver(closeItem('a'))
      environment.clock.settle()
      expect(all.map(({ ends }) => ends())).toEqual(all.map(() => 1))
      expectNothingLeft(environment)
    })
  })
}
