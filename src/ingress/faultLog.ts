import type { Clock, Log } from '../edges.ts'

/** Lines in a period: a publisher that sends nothing but rubbish must not fill the disk. */
const LINES_PER_PERIOD = 10
const PERIOD_MS = 10_000

/** Warns of messages that cannot be used, in bounded number; how many were not told is told when it goes on. */
export class FaultLog {
  readonly #name: string
  readonly #log: Log
  readonly #clock: Clock
  #startMs = Number.NEGATIVE_INFINITY
  #count = 0

  /** `name` is what the lines of sums begin with. */
  constructor(name: string, parts: { readonly log: Log; readonly clock: Clock }) {
    this.#name = name
    this.#log = parts.log
    this.#clock = parts.clock
  }

  /** Writes the line, or counts it. */
  warn(text: string): void {
    const nowMs = this.#clock.now()
    if (nowMs - this.#startMs >= PERIOD_MS) {
      this.sumUp()
      this.#startMs = nowMs
    }
    if (++this.#count <= LINES_PER_PERIOD) this.#log.warn(text)
  }

  /** Tells how many lines were not written since the last sum; to be called at the end, too. */
  sumUp(): void {
    const untold = this.#count - LINES_PER_PERIOD
    if (untold > 0) this.#log.warn(`${this.#name}: skipped ${untold} more messages, not logged one by one`)
    this.#count = 0
  }
}
