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
 * processes of a cluster are often stopped together. A process that was too busy for its steps spreads the rest over the time that is left.
 * Resolves when no hold is left, or when the time is over and each was asked; who is still there then does not go.
 */
export function drainHolds(
  holds: ReadonlySet<Drainable>,
  { clock, drainMs, random = Math.random }: DrainOptions,
): Promise<void> {
  const startMs = clock.now()
  const durationMs = Math.min(drainMs, (holds.size / MIN_HOLDS_PER_SECOND) * 1000)
  const turns = new Turns(holds, random)
  return new Promise((resolve) => {
    const step = (): void => {
      const elapsedMs = clock.now() - startMs
      const leftMs = durationMs - elapsedMs
      const stepMs = STEP_MS * (0.5 + random())
      turns.take(leftMs > stepMs ? stepMs / leftMs : 1)
      if (holds.size === 0 || elapsedMs >= drainMs) resolve()
      else clock.after(stepMs, step)
    }
    step()
  })
}

/** Whose turn it is to go: those that are there at the beginning in any order, then those that have come since. */
class Turns {
  readonly #holds: ReadonlySet<Drainable>
  readonly #asked = new Set<Drainable>()
  #waiting: Drainable[]
  /** The part of a hold that the last share had left. */
  #rest = 0

  constructor(holds: ReadonlySet<Drainable>, random: () => number) {
    this.#holds = holds
    this.#waiting = shuffled(holds, random)
  }

  /** Asks such a share of those that wait to end; 1 is all. */
  take(share: number): void {
    if (this.#waiting.length === 0) this.#waiting = [...this.#holds].filter((hold) => !this.#asked.has(hold))
    const due = this.#waiting.length * share + this.#rest
    const count = Math.floor(due)
    this.#rest = due - count
    for (const hold of this.#waiting.splice(this.#waiting.length - count)) this.#ask(hold)
  }

  #ask(hold: Drainable): void {
    this.#asked.add(hold)
    // It may have ended by itself.
    if (this.#holds.has(hold)) hold.shutdown()
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
