import type { ConnectionKey, HeldConnection, Order, PageQuery } from '../edges.ts'
import { HoldfastError } from '../errors.ts'

/** Where an entry stands in an order: by its key and, of those that are equal in it, by its id. */
export interface RankPlace {
  readonly key: string | number
  readonly id: string
}

interface Ranked<T> {
  readonly item: T
  readonly place: RankPlace
}

/**
 * Keeps of all entries that it is offered those that make the page. A page begins after the last entry of the one before, by
 * place and not by number: entries that come and go meanwhile neither repeat others nor hide them.
 */
export class Ranking<T> {
  /** Set when there are entries behind the page that are not offered. */
  hasMore = false
  readonly #sign: 1 | -1
  readonly #limit: number
  readonly #after: RankPlace | undefined
  readonly #kept: Ranked<T>[] = []

  /** Throws ADMIN_REQUEST_INVALID for a cursor that is not one. */
  constructor({ cursor, limit, order }: PageQuery & { readonly order: Order<string> }) {
    this.#sign = order.descending ? -1 : 1
    this.#limit = limit
    this.#after = cursor === undefined ? undefined : parseCursor(cursor)
  }

  offer(item: T, place: RankPlace): void {
    if (this.#after !== undefined && this.#compare(place, this.#after) <= 0) return
    const kept = this.#kept
    const isFull = kept.length === this.#limit
    if (isFull) {
      this.hasMore = true
      const last = kept.at(-1)
      if (last === undefined || this.#compare(place, last.place) >= 0) return
      kept.pop()
    }
    // What is ranked may end, and lose its id, before the page is made.
    kept.splice(this.#indexOf(place), 0, { item, place: { key: place.key, id: place.id } })
  }

  page(): { items: T[]; next: string | undefined } {
    const last = this.#kept.at(-1)
    return {
      items: this.#kept.map(({ item }) => item),
      next: this.hasMore && last !== undefined ? encodeCursor(last.place) : undefined,
    }
  }

  /** Where an entry of that place belongs among the kept. */
  #indexOf(place: RankPlace): number {
    let [low, high] = [0, this.#kept.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(place, (this.#kept[middle] as Ranked<T>).place) < 0) high = middle
      else low = middle + 1
    }
    return low
  }

  #compare(a: RankPlace, b: RankPlace): number {
    if (a.key !== b.key) return a.key < b.key ? -this.#sign : this.#sign
    if (a.id === b.id) return 0
    return a.id < b.id ? -this.#sign : this.#sign
  }
}

/** The place of a connection that another process has described. */
export function placeOfConnection(connection: HeldConnection, by: ConnectionKey): RankPlace {
  return { key: keyOf(connection, by), id: connection.id }
}

/** The younger is the smaller by age. */
function keyOf(connection: HeldConnection, by: ConnectionKey): string | number {
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
