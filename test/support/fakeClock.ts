import type { Clock, Timer } from '../../src/edges/clock.ts'

interface Waiting {
  dueMs: number
  readonly periodMs: number | undefined
  readonly callback: () => void
}

/** A clock that a test moves by hand. Timers fire in the order of their moments, those of one moment in the order set. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #timers = new Set<Waiting>()
  #soon: (() => void)[] = []

  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs
  }

  /** Timers that have not fired, periodic ones included. */
  get timerCount(): number {
    return this.#timers.size
  }

  /** Callbacks of `soon` that have not had their turn. */
  get soonCount(): number {
    return this.#soon.length
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + Math.max(delayMs, 0), periodMs: undefined, callback })
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, callback })
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  /** Gives the callbacks of `soon` one turn; those that they ask for wait for the next. */
  turn(): void {
    const callbacks = this.#soon
    this.#soon = []
    for (const callback of callbacks) callback()
  }

  /** Takes turns until nothing asks for another. */
  settle(maxTurns = 10_000): void {
    for (let i = 0; i < maxTurns && this.#soon.length > 0; i++) this.turn()
    if (this.#soon.length > 0) throw new Error(`still busy after ${maxTurns} turns`)
  }

  /** Lets time pass: each timer fires at its own moment, with turns of `soon` taken between. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    this.settle()
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#fire(next)
      this.settle()
    }
    this.#nowMs = endMs
  }

  /** Lets time pass in which no timer can fire: those that were due fire when time passes again. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  #add(waiting: Waiting): Timer {
    this.#timers.add(waiting)
    return { cancel: () => void this.#timers.delete(waiting) }
  }

  #next(endMs: number): Waiting | undefined {
    let next: Waiting | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  #fire(timer: Waiting): void {
    if (timer.periodMs === undefined) this.#timers.delete(timer)
    else timer.dueMs += timer.periodMs
    timer.callback()
  }
}
