/** A place in an AgeQueue; the queued thing has these fields itself, so that queueing it allocates nothing. */
export interface Aged<T> {
  older: T | undefined
  newer: T | undefined
}

/**
 * Things in the order in which they were added. Adding, and taking out from anywhere, are a few pointer writes; a Map used
 * as a queue skips over all that was deleted from its front each time it is asked for its first key.
 */
export class AgeQueue<T extends Aged<T>> {
  #oldest: T | undefined
  #newest: T | undefined
  #size = 0

  get oldest(): T | undefined {
    return this.#oldest
  }

  get size(): number {
    return this.#size
  }

  /** Adds a thing that is in no queue as the newest. */
  push(entry: T): void {
    const newest = this.#newest
    entry.older = newest
    if (newest === undefined) this.#oldest = entry
    else newest.newer = entry
    this.#newest = entry
    this.#size++
  }

  /** Takes out a thing that is in this queue. */
  remove(entry: T): void {
    const { older, newer } = entry
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    entry.older = undefined
    entry.newer = undefined
    this.#size--
  }

  /** Makes a thing that is in this queue the newest. */
  renew(entry: T): void {
    if (entry === this.#newest) return
    this.remove(entry)
    this.push(entry)
  }

  clear(): void {
    this.#oldest = undefined
    this.#newest = undefined
    this.#size = 0
  }
}
