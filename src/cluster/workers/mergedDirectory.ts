import type {
  ChannelFilter,
  ChannelHolders,
  ConnectionDetail,
  ConnectionFilter,
  ConnectionKey,
  HeldConnection,
  HoldDirectory,
  Order,
  OrderedQuery,
  Page,
  PageQuery,
} from '../../edges/directory.ts'
import { HoldfastError } from '../../errors.ts'
import { connectionKey, Ranking, type RankRules } from '../ranking.ts'

/** One process's directory, which may be asked from another one. */
export interface PartDirectory extends HoldDirectory {
  /** Who holds each of these channels. */
  holders(names: readonly string[]): Promise<readonly ChannelHolders[]>
}

/** Where a listing stands: which part, and where in it. */
interface Place {
  readonly part: number
  readonly cursor: string | undefined
}

/** Who is held in several processes, those of one after those of the other. */
export class MergedDirectory implements PartDirectory {
  readonly #parts: () => readonly PartDirectory[]

  /** `parts` gives those that are there now, each always in the same place. */
  constructor(parts: () => readonly PartDirectory[]) {
    this.#parts = parts
  }

  /** A channel is listed with the first part that holds it, and with the holders of all. */
  channels(filter: ChannelFilter, query: OrderedQuery<'name'>): Promise<Page<ChannelHolders>> {
    if (query.order !== undefined) return this.#orderedChannels(filter, { ...query, order: query.order })
    return this.#page(query, async (part, inPart) => {
      const page = await part.channels(filter, inPart)
      return { ...page, items: await this.#complete(part, page.items) }
    })
  }

  async channel(name: string): Promise<ChannelHolders | undefined> {
    const found = await Promise.all(this.#parts().map((part) => part.holders([name])))
    const [first, ...others] = found.flat()
    return first && others.reduce(addHolders, first)
  }

  async holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    const found = await Promise.all(this.#parts().map((part) => part.holders(names)))
    const sums = new Map<string, ChannelHolders>()
    for (const holders of found.flat()) {
      const sum = sums.get(holders.name)
      sums.set(holders.name, sum === undefined ? holders : addHolders(sum, holders))
    }
    return [...sums.values()]
  }

  connections(filter: ConnectionFilter, query: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>> {
    const { order } = query
    if (order === undefined) return this.#page(query, (part, inPart) => part.connections(filter, inPart))
    return this.#ordered(
      { ...query, order },
      {
        read: (part) => part.connections(filter, query),
        keyOf: (row) => connectionKey(row, order.by),
        idOf: ({ id }) => id,
      },
    )
  }

  async connection(id: string): Promise<ConnectionDetail | undefined> {
    const found = await Promise.all(this.#parts().map((part) => part.connection(id)))
    return found.find((connection) => connection !== undefined)
  }

  async has(id: string): Promise<boolean> {
    return this.#any((part) => part.has(id))
  }

  async kick(id: string): Promise<boolean> {
    return this.#any((part) => part.kick(id))
  }

  async refresh(id: string): Promise<boolean> {
    return this.#any((part) => part.refresh(id))
  }

  /** Adds the holders of the other parts, and leaves out what an earlier one has listed. */
  async #complete(part: PartDirectory, own: readonly ChannelHolders[]): Promise<ChannelHolders[]> {
    const parts = this.#parts()
    const names = own.map(({ name }) => name)
    const held = await Promise.all(parts.map((other) => (other === part ? NO_HOLDERS : other.holders(names))))
    const earlier = new Set(held.slice(0, parts.indexOf(part)).flatMap((of) => of.map(({ name }) => name)))
    const others = held.flat()
    return own
      .filter(({ name }) => !earlier.has(name))
      .map((first) => others.filter(({ name }) => name === first.name).reduce(addHolders, first))
  }

  /** The first names of each part are those of all; then every part is asked for the holders of these. */
  async #orderedChannels(
    filter: ChannelFilter,
    query: PageQuery & { readonly order: Order<'name'> },
  ): Promise<Page<ChannelHolders>> {
    const seen = new Set<string>()
    const page = await this.#ordered(query, {
      read: async (part) => {
        const { items, ...rest } = await part.channels(filter, query)
        const fresh = items.filter(({ name }) => !seen.has(name))
        for (const { name } of fresh) seen.add(name)
        return { items: fresh, ...rest }
      },
      keyOf: ({ name }) => name,
      idOf: ({ name }) => name,
    })
    const names = page.items.map(({ name }) => name)
    const held = (await Promise.all(this.#parts().map((part) => part.holders(names)))).flat()
    const items = names.flatMap((name) => {
      const [first, ...others] = held.filter((holders) => holders.name === name)
      return first === undefined ? [] : [others.reduce(addHolders, first)]
    })
    return { ...page, items }
  }

  /** Every part gives what is first in it, and what is first of that is first of all. */
  async #ordered<T>(
    query: PageQuery & { readonly order: Order<string> },
    source: Omit<RankRules<T>, 'query'> & { readonly read: (part: PartDirectory) => Promise<Page<T>> },
  ): Promise<Page<T>> {
    const pages = await Promise.all(this.#parts().map(source.read))
    const ranking = new Ranking<T>({ ...source, query })
    for (const { items, next } of pages) {
      for (const row of items) ranking.offer(row)
      if (next !== undefined) ranking.endAt(next)
    }
    return { ...ranking.page(), ...missingIn(pages) }
  }

  async #any(ask: (part: PartDirectory) => Promise<boolean>): Promise<boolean> {
    return (await Promise.all(this.#parts().map(ask))).includes(true)
  }

  async #page<T>(
    { cursor, limit }: PageQuery,
    read: (part: PartDirectory, query: PageQuery) => Promise<Page<T>>,
  ): Promise<Page<T>> {
    const parts = this.#parts()
    const pages: Page<T>[] = []
    const items: T[] = []
    let place: Place | undefined = parsePlace(cursor)
    while (place !== undefined && items.length < limit) {
      const part = parts[place.part]
      if (part === undefined) return { items, next: undefined, ...missingIn(pages) }
      const page: Page<T> = await read(part, { cursor: place.cursor, limit: limit - items.length })
      pages.push(page)
      items.push(...page.items)
      place = placeAfter(place, page.next, parts.length)
      // A part that has looked at enough for one call says so by a short page.
      if (page.next !== undefined) break
    }
    return { items, next: place && `${place.part}.${place.cursor ?? ''}`, ...missingIn(pages) }
  }
}

function missingIn(pages: readonly Page<unknown>[]): Pick<Page<unknown>, 'missing'> {
  const missing = pages.flatMap((page) => page.missing ?? [])
  return missing.length === 0 ? {} : { missing }
}

function placeAfter({ part }: Place, next: string | undefined, partCount: number): Place | undefined {
  if (next !== undefined) return { part, cursor: next }
  return part + 1 < partCount ? { part: part + 1, cursor: undefined } : undefined
}

const NO_HOLDERS: Promise<readonly ChannelHolders[]> = Promise.resolve([])

/** The directory of a place where no part is. */
export const NOBODY: PartDirectory = {
  channels: async () => ({ items: [], next: undefined }),
  channel: async () => undefined,
  holders: () => NO_HOLDERS,
  connections: async () => ({ items: [], next: undefined }),
  connection: async () => undefined,
  has: async () => false,
  kick: async () => false,
  refresh: async () => false,
}

function addHolders(sum: ChannelHolders, { holders }: ChannelHolders): ChannelHolders {
  const { response, stream, socket } = sum.holders
  return {
    name: sum.name,
    holders: {
      response: response + holders.response,
      stream: stream + holders.stream,
      socket: socket + holders.socket,
    },
  }
}

function parsePlace(cursor: string | undefined): Place {
  if (cursor === undefined) return { part: 0, cursor: undefined }
  const found = /^(\d{1,4})\.(.*)$/.exec(cursor)
  if (found === null) {
    throw new HoldfastError(
      'ADMIN_REQUEST_INVALID',
      `cursor: expected the "next" of a page, found "${cursor}"`,
    )
  }
  const [, part, rest] = found
  return { part: Number(part), cursor: rest === '' ? undefined : rest }
}
