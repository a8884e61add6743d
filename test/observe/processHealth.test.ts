import { describe, expect, it } from 'vitest'
import { ProcessProbe } from '../../src/observe/processHealth.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { eventually } from '../support/waiting.ts'

/** Keeps the event loop busy. */
function block(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

describe('the health of the process', () => {
  it('tells how late timers are, and begins anew with each period', async () => {
    const clock = new FakeClock()
    const probe = new ProcessProbe(clock)
    try {
      await eventually('a blocked loop shows', () => {
        block(150)
        return probe.read().eventLoopDelay.max > 0.1
      })
      clock.advance(10_000)
      expect(probe.read().eventLoopDelay.max).toBeGreaterThan(0.1)
      clock.advance(10_000)
      expect(probe.read().eventLoopDelay.max).toBeLessThan(0.1)
    } finally {
      probe.stop()
    }
    expect(clock.timerCount).toBe(0)
  })

  it('tells of memory and time', () => {
    const probe = new ProcessProbe(new FakeClock())
    const { uptimeSeconds, cpuSeconds, residentBytes, heapUsedBytes, externalBytes } = probe.read()
    probe.stop()
    for (const value of [uptimeSeconds, cpuSeconds, externalBytes]) expect(value).toBeGreaterThan(0)
    expect(residentBytes).toBeGreaterThan(heapUsedBytes)
  })
})
