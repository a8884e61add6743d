import type { HoldEnvironment } from '../../src/hold/holdEnvironment.ts'
import { TimerWheel } from '../../src/util/timerWheel.ts'
import { createTestHub } from '../hub/support.ts'
import type { FakeClock } from '../support/fakeClock.ts'
import type { LinesLog } from '../support/linesLog.ts'

export const TICK_MS = 100

/** A hold environment on a fake clock. */
export interface TestEnvironment extends HoldEnvironment {
  readonly clock: FakeClock
  readonly log: LinesLog
  /** Lets time pass, with the wheel turning. */
  pass(ms: number): void
}

export function createTestEnvironment(more: Partial<HoldEnvironment> = {}): TestEnvironment {
  const { hub, clock, log, counters } = createTestHub()
  const wheel = new TimerWheel({ tickMs: TICK_MS, slotCount: 64, nowMs: clock.now() })
  clock.every(TICK_MS, () => wheel.advance(clock.now()))
  return {
    hub,
    clock,
    log,
    counters,
    wheel,
    clientSendBufferBytes: 1000,
    holds: new Set(),
    isDraining: false,
    ...more,
    pass: (ms) => clock.advance(ms),
  } as TestEnvironment
}
