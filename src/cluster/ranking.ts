import type { ConnectionKey, HeldConnection, Order, PageQuery } from '../edges/directory.ts'
import { HoldfastError } from '../errors.ts'

/** Where an entry stands in an order: by its key and, of those that are equal in it, by its id. */
interface RankPlace {
  readonly key: string | number
  readonly id: string
}

interface Ranked<T> {
  readonly item: T
  readonly place: RankPlace
}

/** How entries are told apart and put in order. */
export interface RankRules<T> {
  readonly query: PageQuery & { readonly order: Order<string> }
  readonly keyOf: (item: T) => string | number
  /** Asked only of entries that others are equal to by their key, and of those that are kept. */
  readonly idOf: (item: T) => string
}

/**
 * Keeps of all entries that it is offered those that make the page. A page begins after the last entry of the one before, by
 * place and not by number: entries that come and go meanwhile neither repeat others nor hide them.
 */
export class Ranking<T> {
  #hasMore = false
  /** The last place up to which all entries were offered; undefined where all were. */
  #end: RankPlace | undefined
  readonly #rules: RankRules<T>
  readonly #sign: 1 | -1
  readonly #after: RankPlace | undefined
  readonly #kept: Ranked<T>[] = []

  /** Throws ADMIN_REQUEST_INVALID for a cursor that is not one. */
  constructor(rules: RankRules<T>) {
    const { cursor, order } = rules.query
    this.#rules = rules
    this.#sign = order.descending ? -1 : 1
    this.#after = cursor === undefined ? undefined : parseCursor(cursor)
  }

  offer(item: T): void {
    const { query, keyOf } = this.#rules
    const key = keyOf(item)
    if (this.#after !== undefined && this.#compare(item, key, this.#after) <= 0) return
    const kept = this.#kept
    if (kept.length === query.limit) {
      this.#hasMore = true
      const last = kept.at(-1)
      if (last === undefined || this.#compare(item, key, last.place) >= 0) return
      kept.pop()
    }
    // What is ranked may end, and lose its id, before the page is made.
    kept.splice(this.#indexOf(item, key), 0, { item, place: { key, id: this.#rules.idOf(item) } })
  }

  /** Says that entries behind that cursor are not offered: the page ends there at the latest. */
  endAt(cursor: string): void {
    const place = parseCursor(cursor)
    if (this.#end === undefined || this.#comparePlaces(place, this.#end) < 0) this.#end = place
    this.#hasMore = true
  }

  page(): { items: T[]; next: string | undefined } {
    const end = this.#end
    const kept = this.#kept.filter(({ place }) => end === undefined || this.#comparePlaces(place, end) <= 0)
    const isFull = kept.length === this.#rules.query.limit
    const last = isFull || end === undefined ? kept.at(-1)?.place : end
    return {
      items: kept.map(({ item }) => item),
      next: this.#hasMore && last !== undefined ? encodeCursor(last) : undefined,
    }
  }

  /** Where an entry belongs among the kept. */
  #indexOf(item: T, key: string | number): number {
    let [low, high] = [0, this.#kept.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(item, key, (this.#kept[middle] as Ranked<T>).place) < 0) high = middle
      else low = middle + 1
    }
    return low
  }

  #compare(item: T, key: string | number, other: RankPlace): number {
    if (key !== other.key) return key < other.key ? -this.#sign : this.#sign
    return this.#compareTexts(this.#rules.idOf(item), other.id)
  }

  #comparePlaces(a: RankPlace, b: RankPlace): number {
    if (a.key !== b.key) return a.key < b.key ? -this.#sign : this.#sign
    return this.#compareTexts(a.id, b.id)
  }

  #compareTexts(a: string, b: string): number {
    if (a === b) return 0
    return a < b ? -this.#sign : this.#sign
  }
}

/** The key of a connection that another process has described; the younger is the smaller by age. */
export function connectionKey(connection: HeldConnection, by: ConnectionKey): string | number {
  switch (by) {
    case 'age':
      return -Date.parse(connection.openedAt)
    case 'queue':
      return connection.bytesQueued
    default:
      return connection[by]
  }
}

function encodeCursor({ key, id }: RankPlace): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url')
}

function parseCursor(cursor: string): RankPlace {
  const [key, id] = parseList(Buffer.from(cursor, 'base64url').toString())
  if ((typeof key === 'string' || typeof key === 'number') && typeof id === 'string') return { key, id }
  throw new HoldfastError('ADMIN_REQUEST_INVALID', `cursor: expected the "next" of a page, found "${cursor}"`)
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
