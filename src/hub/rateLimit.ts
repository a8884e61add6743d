import type { Log } from '../edges/log.ts'
import type { Counters } from '../stats/counters.ts'

/** How fast deliveries may be made, and how many may wait. */
export interface RateLimitOptions {
  /** Deliveries a second: one item to one hold is one. Pushpin: `message_rate`. */
  readonly deliveriesPerSecond: number
  /** Deliveries that may wait; what is above is dropped. Undefined: no limit. Pushpin: `message_hwm`. */
  readonly maxWaiting: number | undefined
  readonly log: Log
  readonly counters: Counters
}

/** Milliseconds between two batches of deliveries. Pushpin's. */
const BATCH_MS = 25

/** Milliseconds between two log lines about dropped deliveries. */
const LOG_PERIOD_MS = 1000

/** Spreads deliveries over time. A batch is let through at once, then one each BATCH_MS; slow rates one by one. */
export class RateLimit {
  readonly #options: RateLimitOptions
  readonly #batchSize: number
  readonly #periodMs: number
  #allowance: number
  #refilledMs = 0
  #waiting = 0
  #droppedSinceLog = 0
  #loggedMs = Number.NEGATIVE_INFINITY

  constructor(options: RateLimitOptions) {
    this.#options = options
    this.#batchSize = Math.ceil((options.deliveriesPerSecond * BATCH_MS) / 1000)
    this.#periodMs = Math.max(BATCH_MS, 1000 / options.deliveriesPerSecond)
    this.#allowance = this.#batchSize
  }

  /** Milliseconds to the next batch, for when `allowance` is used up. */
  waitMs(nowMs: number): number {
    return Math.max(this.#refilledMs + this.#periodMs - nowMs, 0)
  }

  /** Deliveries that may be made now. */
  allowance(nowMs: number): number {
    const lateMs = nowMs - this.#refilledMs - this.#periodMs
    if (lateMs >= 0) {
      // Timers are never exact: batches keep to a grid, so that late ones do not make the rate lower.
      this.#refilledMs = lateMs < this.#periodMs ? this.#refilledMs + this.#periodMs : nowMs
      // A pass visits whole batches of items, so it may have overdrawn: that is paid back here.
      this.#allowance = Math.min(this.#allowance + this.#batchSize, this.#batchSize)
    }
    return Math.max(this.#allowance, 0)
  }

  /** Counts deliveries that were made. */
  spend(deliveries: number): void {
    this.#allowance -= deliveries
  }

  /** Takes admitted deliveries as no longer waiting: they were made, or their holds have left. */
  release(deliveries: number): void {
    this.#waiting -= deliveries
  }

  /**
   * Lets the deliveries of one item wait until `release`; false when as many as may already wait: they are counted as dropped,
   * and logged. An item is taken or dropped as a whole, so that a channel with more holds than the limit is served too; Pushpin
   * drops what is above the limit of each.
   */
  admit(deliveries: number, nowMs: number): boolean {
    const { maxWaiting, counters } = this.#options
    if (maxWaiting === undefined || this.#waiting < maxWaiting) {
      this.#waiting += deliveries
      return true
    }
    counters.dropped['rate-limit'] += deliveries
    this.#droppedSinceLog += deliveries
    this.#logDropped(nowMs, maxWaiting)
    return false
  }

  #logDropped(nowMs: number, maxWaiting: number): void {
    if (nowMs - this.#loggedMs < LOG_PERIOD_MS) return
    this.#options.log.warn(
      `exceeded publish hwm (${maxWaiting}), dropped ${this.#droppedSinceLog} deliveries`,
    )
    this.#loggedMs = nowMs
    this.#droppedSinceLog = 0
  }
}
