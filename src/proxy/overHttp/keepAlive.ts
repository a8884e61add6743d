import type { Clock, Timer } from '../../edges/clock.ts'
import type { OverHttpLimits } from './overHttpLimits.ts'

/** The time between two answers of an origin after which it wants to be asked again. GRIP: Keep-Alive-Interval. */
export class KeepAlive {
  readonly #clock: Clock
  readonly #limits: OverHttpLimits
  #intervalMs = 0
  #timer: Timer | undefined

  constructor(clock: Clock, limits: OverHttpLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get isOn(): boolean {
    return this.#intervalMs > 0
  }

  /** Takes what an answer says: 0 turns it off, undefined leaves it as it is. */
  set(seconds: number | undefined): void {
    if (seconds === undefined) return
    const { minKeepAliveSeconds, maxKeepAliveSeconds } = this.#limits
    const bounded = Math.min(Math.max(seconds, minKeepAliveSeconds), maxKeepAliveSeconds)
    this.#intervalMs = seconds === 0 ? 0 : bounded * 1000
  }

  /** Calls back once when the interval is over, if there is one. */
  start(onDue: () => void): void {
    this.stop()
    if (this.isOn) this.#timer = this.#clock.after(this.#intervalMs, onDue)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
