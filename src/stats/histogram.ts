/** Upper bounds in seconds: fine where origins answer, coarse where they time out. */
const BOUNDS: readonly number[] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60]

/** Counts durations by size. */
export class DurationHistogram {
  readonly bounds = BOUNDS
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0)
  #sumMs = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get sumSeconds(): number {
    return this.#sumMs / 1000
  }

  observe(durationMs: number): void {
    const seconds = durationMs / 1000
    let bucket = 0
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sumMs += durationMs
    this.#count++
  }

  /** Durations up to each bound; those above the last are in `count` alone. */
  cumulative(): readonly number[] {
    let sum = 0
    return BOUNDS.map((_, i) => {
      sum += this.#counts[i] as number
      return sum
    })
  }

  /**
   * Estimates, in seconds, what a share of the durations stays below: the place within its bucket is taken for even. The
   * last bound stands for all above it. Undefined while nothing was observed.
   */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined
    let left = share * this.#count
    for (const [i, bound] of BOUNDS.entries()) {
      const inBucket = this.#counts[i] as number
      const lower = BOUNDS[i - 1] ?? 0
      if (inBucket > 0 && left <= inBucket) return lower + ((bound - lower) * left) / inBucket
      left -= inBucket
    }
    return BOUNDS.at(-1)
  }
}
