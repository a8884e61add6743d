import { type Aged, AgeQueue } from '../ageQueue.ts'

/** How many ids are remembered, and for how long. */
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

  has(key: string, nowMs: number): boolean {
    this.expire(nowMs)
    return this.#seen.has(key)
  }

  /** Remembers a key that is not remembered. */
  add(key: string, nowMs: number): void {
    const added = new SeenId(key, nowMs)
    this.#seen.set(key, added)
    this.#queue.push(added)
    const { oldest } = this.#queue
    if (this.#queue.size > this.#options.maxIds && oldest !== undefined) this.#remove(oldest)
  }

  /** Forgets what is too old; all have the same time to live, so those are at the head of the queue. */
  expire(nowMs: number): void {
    for (;;) {
      const { oldest } = this.#queue
      if (oldest === undefined || nowMs - oldest.seenMs < this.#options.ttlMs) return
      this.#remove(oldest)
    }
  }

  #remove(seen: SeenId): void {
    this.#seen.delete(seen.key)
    this.#queue.remove(seen)
  }
}
