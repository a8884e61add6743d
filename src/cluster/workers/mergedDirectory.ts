import type {
  ChannelHolders,
  ConnectionFilter,
  HeldConnection,
  HoldDirectory,
  Page,
  PageQuery,
} from '../../edges.ts'
import { HoldfastError } from '../../errors.ts'

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

/** Who is held in several processes, one after the other. Pages are those of one part, so that a page may be short. */
export class MergedDirectory implements HoldDirectory {
  readonly #parts: () => readonly PartDirectory[]

  /** `parts` gives those that are there now, each always in the same place. */
  constructor(parts: () => readonly PartDirectory[]) {
    this.#parts = parts
  }

  /** A channel is listed with the first part that holds it, and with the holders of all. */
  async channels(prefix: string, query: PageQuery): Promise<Page<ChannelHolders>> {
    const { part: at } = parsePlace(query.cursor)
    const page = await this.#page(query, (part, inPart) => part.channels(prefix, inPart))
    const names = page.items.map(({ name }) => name)
    const others = await Promise.all(
      this.#parts().map((part, i) => (i === at ? NOBODY : part.holders(names))),
    )
    const isEarlier = (name: string): boolean =>
      others.slice(0, at).some((held) => held.some((of) => of.name === name))
    const items = page.items
      .filter(({ name }) => !isEarlier(name))
      .map((own) =>
        others
          .flat()
          .filter(({ name }) => name === own.name)
          .reduce(addHolders, own),
      )
    return { items, next: page.next }
  }

  async channel(name: string): Promise<ChannelHolders | undefined> {
    const found = await Promise.all(this.#parts().map((part) => part.holders([name])))
    const [first, ...others] = found.flat()
    return first && others.reduce(addHolders, first)
  }

  connections(filter: ConnectionFilter, query: PageQuery): Promise<Page<HeldConnection>> {
    return this.#page(query, (part, inPart) => part.connections(filter, inPart))
  }

  async connection(id: string): Promise<HeldConnection | undefined> {
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

  async #any(ask: (part: PartDirectory) => Promise<boolean>): Promise<boolean> {
    return (await Promise.all(this.#parts().map(ask))).includes(true)
  }

  async #page<T>(
    { cursor, limit }: PageQuery,
    read: (part: PartDirectory, query: PageQuery) => Promise<Page<T>>,
  ): Promise<Page<T>> {
    const parts = this.#parts()
    const place = parsePlace(cursor)
    const part = parts[place.part]
    if (part === undefined) return { items: [], next: undefined }
    const page = await read(part, { cursor: place.cursor, limit })
    if (page.next !== undefined) return { items: page.items, next: `${place.part}.${page.next}` }
    const following = place.part + 1
    return { items: page.items, next: following < parts.length ? `${following}.` : undefined }
  }
}

const NOBODY: Promise<readonly ChannelHolders[]> = Promise.resolve([])

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
