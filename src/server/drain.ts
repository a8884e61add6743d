import type { Clock } from '../edges/clock.ts'
import type { Drainable } from '../hold/holdEnvironment.ts'

/** Holds let go in a second at the least: a few clients need not wait for the drain time to pass. */
const MIN_HOLDS_PER_SECOND = 100

/** Milliseconds between two groups of holds. */
const STEP_MS = 20

/**
 * Ends every hold as its protocol wants, spread evenly over `drainMs`, so that the clients do not all come back to other nodes
 * at one moment. Resolves when none is left, or when the time is over and each was asked; who is still there then does not go.
 */
export function drainHolds(holds: ReadonlySet<Drainable>, clock: Clock, drainMs: number): Promise<void> {
  const startMs = clock.now()
  const total = holds.size
  const durationMs = Math.min(drainMs, (total / MIN_HOLDS_PER_SECOND) * 1000)
  const asked = new Set<Drainable>()
  /** How many are to be asked by the end of this step: a late step makes good for what it missed. */
  const due = (elapsedMs: number): number =>
    elapsedMs + STEP_MS >= durationMs
      ? Number.POSITIVE_INFINITY
      : (total * (elapsedMs + STEP_MS)) / durationMs
  return new Promise((resolve) => {
    const step = (): void => {
      const elapsedMs = clock.now() - startMs
      askHolds(holds, asked, due(elapsedMs))
      if (holds.size === 0 || elapsedMs >= drainMs) resolve()
      else clock.after(STEP_MS, step)
    }
    step()
  })
}

function askHolds(holds: ReadonlySet<Drainable>, asked: Set<Drainable>, due: number): void {
  for (const hold of holds) {
    if (asked.size >= due) return
    if (asked.has(hold)) continue
    asked.add(hold)
    hold.shutdown()
  }
}
