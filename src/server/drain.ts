import type { Clock } from '../edges.ts'
import type { Drainable } from '../hold/holdEnvironment.ts'

/** Holds let go in a second at the least: a few clients need not wait for the drain time to pass. */
const MIN_HOLDS_PER_SECOND = 100

/** Milliseconds between two groups of holds. */
const STEP_MS = 20

/**
 * Ends every hold as its protocol wants, spread over `drainMs`, so that the clients do not all come back to other nodes
 * at one moment. Resolves when none is left.
 */
export function drainHolds(holds: ReadonlySet<Drainable>, clock: Clock, drainMs: number): Promise<void> {
  const durationMs = Math.min(drainMs, (holds.size / MIN_HOLDS_PER_SECOND) * 1000)
  const perStep = Math.ceil(holds.size / Math.max(durationMs / STEP_MS, 1))
  return new Promise((resolve) => {
    const step = (): void => {
      let left = perStep
      for (const hold of holds) {
        if (left-- <= 0) break
        hold.shutdown()
      }
      if (holds.size === 0) resolve()
      else clock.after(STEP_MS, step)
    }
    step()
  })
}
