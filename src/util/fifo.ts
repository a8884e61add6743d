/** What leaves in the order in which it came. Both take constant time, however much waits; `Array.shift` moves all the rest. */
export class Fifo<T> {
  #coming: T[] = []
  /** The oldest, in reverse order. */
  #leaving: T[] = []

  get size(): number {
    return this.#coming.length + this.#leaving.length
  }

  push(item: T): void {
    this.#coming.push(item)
  }

  /** Takes the oldest out; undefined when there is none. */
  shift(): T | undefined {
    if (this.#leaving.length === 0) {
      this.#leaving = this.#coming.reverse()
      this.#coming = []
    }
    return this.#leaving.pop()
  }
}
