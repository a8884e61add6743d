import { describe, expect, it } from 'vitest'
import { DurationHistogram } from '../../src/stats/histogram.ts'

function of(...durationsMs: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram()
  for (const durationMs of durationsMs) histogram.observe(durationMs)
  return histogram
}

describe('a histogram of durations', () => {
  it('counts those up to each bound, and all of them', () => {
    const histogram = of(0.5, 1, 1.1, 70_000)
    const upTo = (bound: number) => histogram.cumulative()[histogram.bounds.indexOf(bound)]
    expect([upTo(0.001), upTo(0.002), upTo(60)]).toEqual([2, 3, 3])
    expect(histogram.count).toBe(4)
    expect(histogram.sumSeconds).toBeCloseTo(70.0026)
  })

  it('estimates a quantile within the bucket that it falls into', () => {
    const histogram = of(...new Array(90).fill(3), ...new Array(10).fill(300))
    expect(histogram.quantile(0.5)).toBeGreaterThan(0.002)
    expect(histogram.quantile(0.5)).toBeLessThanOrEqual(0.005)
    expect(histogram.quantile(0.99)).toBeGreaterThan(0.2)
    expect(histogram.quantile(0.99)).toBeLessThanOrEqual(0.5)
  })

  it('has no quantile of nothing, and no more than its last bound', () => {
    expect(of().quantile(0.5)).toBeUndefined()
    expect(of(1e9).quantile(0.5)).toBe(60)
  })
})
