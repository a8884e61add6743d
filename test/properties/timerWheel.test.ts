import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimerWheel, WheelNode } from '../../src/util/timerWheel.ts'

const NODES = 6

type Step =
  | { readonly kind: 'schedule'; readonly node: number; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly node: number }
  | { readonly kind: 'advance'; readonly ms: number }

/** What a node does when it fires. */
interface Reaction {
  readonly kind: 'none' | 'again' | 'cancelOther' | 'scheduleOther'
  readonly other: number
  readonly delayMs: number
}

const node = fc.nat(NODES - 1)
const delayMs = fc.oneof(
  fc.integer({ min: -50, max: 200 }),
  fc.integer({ min: -50, max: 5_000 }).map((n) => n / 7),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('schedule' as const), node, delayMs }),
  fc.record({ kind: fc.constant('cancel' as const), node }),
  fc.record({
    kind: fc.constant('advance' as const),
    ms: fc.oneof(fc.nat(40), fc.nat(400), fc.nat(100_000)),
  }),
)
const reaction: fc.Arbitrary<Reaction> = fc.record({
  kind: fc.constantFrom('none', 'again', 'cancelOther', 'scheduleOther'),
  other: node,
  delayMs: fc.integer({ min: 1, max: 500 }),
})

/** The rule, with a list: a node may fire from its moment on, and must have fired when its tick, or the next one, is over. */
class NaiveWheel {
  readonly #tickMs: number
  #currentTick = 0
  readonly #waiting = new Map<number, { readonly dueMs: number; readonly tick: number }>()

  constructor(tickMs: number) {
    this.#tickMs = tickMs
  }

  schedule(index: number, dueMs: number): void {
    const tick = Math.max(Math.ceil(dueMs / this.#tickMs), this.#currentTick + 1)
    this.#waiting.set(index, { dueMs, tick })
  }

  cancel(index: number): void {
    this.#waiting.delete(index)
  }

  has(index: number): boolean {
    return this.#waiting.has(index)
  }

  mayFire(index: number, nowMs: number): boolean {
    return (this.#waiting.get(index)?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs
  }

  /** Nodes that should have fired by then. */
  overdue(nowMs: number): number[] {
    this.#currentTick = Math.floor(nowMs / this.#tickMs)
    return [...this.#waiting].filter(([, { tick }]) => tick <= this.#currentTick).map(([index]) => index)
  }
}

test('a wheel does what a plain list of timers does, whatever is scheduled, cancelled and skipped', () => {
  let fires = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
      fc.array(reaction, { minLength: NODES, maxLength: NODES }),
      fc.integer({ min: 2, max: 9 }),
      (steps, reactions, slotCount) => {
        fires += runBoth(steps, reactions, slotCount)
      },
    ),
    { numRuns: 2_000 },
  )
  expect(fires).toBeGreaterThan(5_000)
})

function runBoth(steps: readonly Step[], reactions: readonly Reaction[], slotCount: number): number {
  const wheel = new TimerWheel({ tickMs: 10, slotCount, nowMs: 0 })
  const naive = new NaiveWheel(10)
  let fires = 0
  let nowMs = 0
  const schedule = (index: number, dueMs: number): void => {
    wheel.schedule(nodes[index]!, dueMs)
    naive.schedule(index, dueMs)
  }
  const cancel = (index: number): void => {
    wheel.cancel(nodes[index]!)
    naive.cancel(index)
  }
  const react = (index: number): void => {
    const { kind, other, delayMs } = reactions[index]!
    if (kind === 'again') schedule(index, nowMs + delayMs)
    else if (kind === 'cancelOther') cancel(other)
    else if (kind === 'scheduleOther') schedule(other, nowMs + delayMs)
  }
  const nodes = reactions.map(
    (_, index) =>
      new WheelNode({
        onDue: (dueNowMs) => {
          expect(dueNowMs).toBe(nowMs)
          expect(naive.mayFire(index, nowMs)).toBe(true)
          naive.cancel(index)
          fires++
          react(index)
        },
      }),
  )
  for (const one of steps) {
    if (one.kind === 'schedule') schedule(one.node, nowMs + one.delayMs)
    else if (one.kind === 'cancel') cancel(one.node)
    else {
      nowMs += one.ms
      wheel.advance(nowMs)
      expect(naive.overdue(nowMs)).toEqual([])
    }
    expect(nodes.map(({ isScheduled }) => isScheduled)).toEqual(nodes.map((_, index) => naive.has(index)))
  }
  return fires
}
