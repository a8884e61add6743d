import type { Clock, Timer } from '../../edges/clock.ts'

/** How many starts there may be; the defaults are for production. */
export interface StartLimiterOptions {
  /** Pushpin's: 100. */
  readonly startsPerSecond?: number
  /** Starts that may wait, over all keys. Pushpin has no such limit. */
  readonly maxWaiting?: number
}

/** What became of a wish to start: `full` when too many wait, `cancelled` when the signal was aborted. */
export type Admission = 'start' | 'full' | 'cancelled'

const STARTS_PER_SECOND = 100

/** A hundred seconds of starts: whoever would wait longer has more filters than its endpoint can ever answer. */
const MAX_WAITING = 10_000

/** Milliseconds in which a batch of starts is let through. Pushpin's. */
const BATCH_MS = 25

/**
 * Spreads the starts of requests over time. Those that wait take turns by their key, so that many for one URL do not hold up
 * the few for another; within a key the first come is the first to start.
 */
export class StartLimiter {
  readonly #clock: Clock
  readonly #maxWaiting: number
  readonly #batchSize: number
  readonly #periodMs: number
  /** The key whose turn is next comes first. */
  readonly #buckets = new Map<string, Set<() => void>>()
  #waiting = 0
  #allowance = 0
  #refilledMs = Number.NEGATIVE_INFINITY
  /** Set while somebody waits, or has just given up waiting. */
  #timer: Timer | undefined

  constructor(clock: Clock, options: StartLimiterOptions = {}) {
    const rate = options.startsPerSecond ?? STARTS_PER_SECOND
    this.#clock = clock
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING
    this.#batchSize = Math.ceil((rate * BATCH_MS) / 1000)
    this.#periodMs = (this.#batchSize * 1000) / rate
  }

  /** Starts that wait for their turn. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when a request may start, or at once when it never may. */
  async admit(key: string, signal: AbortSignal): Promise<Admission> {
    if (signal.aborted) return 'cancelled'
    if (this.#waiting === 0 && this.#takeAllowance()) return 'start'
    if (this.#waiting >= this.#maxWaiting) return 'full'
    return await this.#wait(key, signal)
  }

  #takeAllowance(): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - this.#refilledMs >= this.#periodMs) this.#refill(nowMs)
    if (this.#allowance === 0) return false
    this.#allowance--
    return true
  }

  #refill(nowMs: number): void {
    this.#allowance = this.#batchSize
    this.#refilledMs = nowMs
  }

  #wait(key: string, signal: AbortSignal): Promise<Admission> {
    return new Promise((resolve) => {
      const start = (): void => {
        signal.removeEventListener('abort', cancel)
        resolve('start')
      }
      const cancel = (): void => {
        this.#remove(key, start)
        resolve('cancelled')
      }
      signal.addEventListener('abort', cancel, { once: true })
      this.#add(key, start)
    })
  }

  #add(key: string, start: () => void): void {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) this.#buckets.set(key, new Set([start]))
    else bucket.add(start)
    this.#waiting++
    this.#timer ??= this.#clock.after(this.#periodMs, this.#nextBatch)
  }

  #remove(key: string, start: () => void): void {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined || !bucket.delete(start)) return
    if (bucket.size === 0) this.#buckets.delete(key)
    this.#waiting--
  }

  /** A timer may be a little early by the clock, so its call is the refill, whatever the time. */
  readonly #nextBatch = (): void => {
    this.#refill(this.#clock.now())
    while (this.#allowance > 0 && this.#waiting > 0) {
      this.#allowance--
      this.#startNext()
    }
    this.#timer = this.#waiting > 0 ? this.#clock.after(this.#periodMs, this.#nextBatch) : undefined
  }

  #startNext(): void {
    const [turn] = this.#buckets
    if (turn === undefined) return
    const [key, bucket] = turn
    const [start] = bucket
    this.#buckets.delete(key)
    if (start === undefined) return
    bucket.delete(start)
    if (bucket.size > 0) this.#buckets.set(key, bucket)
    this.#waiting--
    start()
  }
}
