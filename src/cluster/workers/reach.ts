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

  /** The sum, as soon as all workers have it that it was sent to. */
  total(): number | Promise<number> {
    if (this.#waiting === 0) return this.#holds
    return new Promise((resolve) => {
      this.#settle = () => resolve(this.#holds)
    })
  }
}
