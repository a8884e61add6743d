import type { PublishOutcome } from '../../edges/bus.ts'

/** Adds up how many holds an item reaches, over the workers that it was sent to. */
export class Reach {
  #holds = 0
  #waiting = 0
  #settle: (() => void) | undefined

  /** The item is on its way to one more worker. */
  sent(): void {
    this.#waiting++
  }

  /** A worker has it, or is gone. */
  reached(holds: number): void {
    this.#holds += holds
    this.#waiting--
    if (this.#waiting === 0) this.#settle?.()
  }

  /** Resolves when all workers have it that it was sent to. */
  outcome(): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      this.#settle = () => resolve({ holds: this.#holds })
      if (this.#waiting === 0) this.#settle()
    })
  }
}
