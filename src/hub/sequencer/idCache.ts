import { type Aged, AgeQueue } from '../ageQueue.ts'

export interface IdCacheOptions {
  /** How long an id is remembered. A repetition does not make it longer. */
  readonly ttlMs: number
  /** Ids remembered at most; above it the oldest is forgotten. */
  readonly maxIds: number
}

class SeenId implements Aged<SeenId> {
  readonly key: string
  readonly seenMs: number
  older: SeenId | undefined = undefined
  newer: SeenId | undefined = undefined

  constructor(key: string, seenMs: number) {
    this.key = key
    this.seenMs = seenMs
  }
}

/** Names an item across all channels. The length keeps the channel and the id apart, whatever characters they have. */
export function itemKey(channel: string, id: string): string {
  return `${channel.length}:${channel}${id}`
}

/** The items seen of late, by `itemKey`. `nowMs` never goes back. */
export class IdCache {
  readonly #options: IdCacheOptions
  readonly #seen = new Map<string, SeenId>()
  readonly #queue = new AgeQueue<SeenId>()

  constructor(options: IdCacheOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#queue.size
  }

  /** Remembers the key; false when it is remembered already. */
  add(key: string, nowMs: number): boolean {
    this.expire(nowMs)
    if (this.#seen.has(key)) return false
    const added = new SeenId(key, nowMs)
    this.#seen.set(key, added)
    this.#queue.push(added)
    const { oldest } = this.#queue
    if (this.#queue.size > this.#options.maxIds && oldest !== undefined) this.delete(oldest.key)
    return true
  }

  delete(key: string): void {
    const seen = this.#seen.get(key)
    if (seen === undefined) return
    this.#seen.delete(key)
    this.#queue.remove(seen)
  }

  /** Forgets what is too old; all have the same time to live, so those are at the head of the queue. */
  expire(nowMs: number): void {
    for (;;) {
      const { oldest } = this.#queue
      if (oldest === undefined || nowMs - oldest.seenMs < this.#options.ttlMs) return
      this.delete(oldest.key)
    }
  }
}
