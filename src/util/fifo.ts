/**
 * What leaves in the order in which it came, in constant time however much waits. `Array.shift` moves all the rest: with 20,000
 * in the queue, 0.07 ms each time.
 */
export class Fifo<T> {
  #coming: T[] = []
  /** The oldest, in reverse order. */
  #leaving: T[] = []

  get size(): number {
    return this.#coming.length + this.#leaving.length
  }

  /** What leaves next; undefined when there is nothing. */
  get oldest(): T | undefined {
    return this.#leaving.length > 0 ? this.#leaving.at(-1) : this.#coming[0]
  }

  /** What came last; undefined when there is nothing. */
  get newest(): T | undefined {
    return this.#coming.length > 0 ? this.#coming.at(-1) : this.#leaving[0]
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
