import type { Clock } from '../edges/clock.ts'
import type { Drainable } from '../hold/holdEnvironment.ts'

/** Holds let go in a second at the least: a few clients need not wait for the drain time to pass. */
const MIN_HOLDS_PER_SECOND = 100

/** Milliseconds between two groups of holds in the mean; each wait is between half of it and half as much again. */
const STEP_MS = 20

export interface DrainOptions {
  readonly clock: Clock
  /** Over how long the holds are let go, in milliseconds. */
  readonly drainMs: number
  /** From 0 up to 1; `Math.random` when not given. */
  readonly random?: () => number
}

/**
 * Ends every hold as its protocol wants, spread over `drainMs`, so that the clients do not all come back to other nodes at one
 * moment. They go in any order, because those of one client have often come together, and with uneven steps, because the
 * processes of a cluster are often stopped together. Resolves when none is left, or when the time is over and each was asked;
 * who is still there then does not go.
 */
export function drainHolds(
  holds: ReadonlySet<Drainable>,
  { clock, drainMs, random = Math.random }: DrainOptions,
): Promise<void> {
  const startMs = clock.now()
  const total = holds.size
  const durationMs = Math.min(drainMs, (total / MIN_HOLDS_PER_SECOND) * 1000)
  const turns = new Turns(holds, random)
  /** How many are to be asked by the end of this step: a late step makes good for what it missed. */
  const due = (elapsedMs: number): number =>
    elapsedMs + STEP_MS >= durationMs
      ? Number.POSITIVE_INFINITY
      : (total * (elapsedMs + STEP_MS)) / durationMs
  return new Promise((resolve) => {
    const step = (): void => {
      const elapsedMs = clock.now() - startMs
      turns.takeUntil(due(elapsedMs))
      if (holds.size === 0 || elapsedMs >= drainMs) resolve()
      else clock.after(STEP_MS * (0.5 + random()), step)
    }
    step()
  })
}

/** Whose turn it is to go: those that are there at the beginning in any order, then those that have come since. */
class Turns {
  readonly #holds: ReadonlySet<Drainable>
  readonly #asked = new Set<Drainable>()
  #waiting: Drainable[]

  constructor(holds: ReadonlySet<Drainable>, random: () => number) {
    this.#holds = holds
    this.#waiting = shuffled(holds, random)
  }

  /** Asks holds to end until so many were asked in all. */
  takeUntil(count: number): void {
    while (this.#asked.size < count) {
      const hold = this.#next()
      if (hold === undefined) return
      this.#asked.add(hold)
      hold.shutdown()
    }
  }

  #next(): Drainable | undefined {
    if (this.#waiting.length === 0) this.#waiting = [...this.#holds].filter((hold) => !this.#asked.has(hold))
    for (let hold = this.#waiting.pop(); hold !== undefined; hold = this.#waiting.pop()) {
      // It may have ended by itself.
      if (this.#holds.has(hold)) return hold
    }
    return undefined
  }
}

/** Returns the holds in a random order, by Fisher and Yates. */
function shuffled(holds: ReadonlySet<Drainable>, random: () => number): Drainable[] {
  const order = [...holds]
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    const hold = order[i] as Drainable
    order[i] = order[other] as Drainable
    order[other] = hold
  }
  return order
}
