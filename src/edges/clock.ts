/** A call that was asked for and has not come yet. */
export interface Timer {
  cancel(): void
}

/** Tells the time and calls back in time. */
export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start. */
  now(): number
  /** Calls back once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back every `periodMs`; does not keep the process alive. */
  every(periodMs: number, callback: () => void): Timer
  /** Calls back once, when pending I/O has had its turn. */
  soon(callback: () => void): void
}
