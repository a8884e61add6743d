import type { Clock } from '../edges/clock.ts'
import type {
  ChannelFilter,
  ChannelHolders,
  ConnectionDetail,
  ConnectionFilter,
  ConnectionKey,
  HeldConnection,
  HeldSubscription,
  HoldDirectory,
  OrderedQuery,
  Page,
  PageQuery,
} from '../edges/directory.ts'
import { HoldfastError } from '../errors.ts'
import type { Channel } from '../hub/hold.ts'
import type { Hub } from '../hub/hub.ts'
import type { Connection, ConnectionTable, Holder } from '../stats/connections.ts'
import type { SlotTable, Slotted } from '../util/slotTable.ts'
import { Ranking, type RankRules } from './ranking.ts'

/** Entries looked at for one page; at some 30 ns each, a listing never holds up deliveries for longer than a few milliseconds. */
const MAX_VISITED = 100_000

/** The same where texts are searched for, or put in order, which takes up to a microsecond each. */
const MAX_RANKED = 5000

/** Holders of a channel that are looked at one by one instead of going through all connections. */
const FEW_HOLDERS = 1000

/** Who is held in this process. */
export class LocalDirectory implements HoldDirectory {
  readonly #hub: Hub
  readonly #connections: ConnectionTable
  readonly #clock: Clock
  /** What the clock's time is to be added to for milliseconds since 1970. */
  readonly #epochMs: number

  constructor(parts: { readonly hub: Hub; readonly connections: ConnectionTable; readonly clock: Clock }) {
    this.#hub = parts.hub
    this.#connections = parts.connections
    this.#clock = parts.clock
    this.#epochMs = Math.round(Date.now() - parts.clock.now())
  }

  async channels(
    { prefix, search = '' }: ChannelFilter,
    query: OrderedQuery<'name'>,
  ): Promise<Page<ChannelHolders>> {
    const accepts = (channel: Channel): boolean =>
      isHeld(channel) && channel.name.startsWith(prefix) && channel.name.includes(search)
    const { order } = query
    if (order === undefined) return pageOf(this.#hub.channels, query, { accepts, describe: describeChannel })
    const nameOf = ({ name }: Channel): string => name
    const rules = { query: { ...query, order }, keyOf: nameOf, idOf: nameOf }
    const page = await this.#rank(this.#hub.channels, accepts, rules)
    return { items: page.items.filter(isHeld).map(describeChannel), next: page.next }
  }

  async channel(name: string): Promise<ChannelHolders | undefined> {
    const channel = this.#hub.channel(name)
    return channel !== undefined && isHeld(channel) ? describeChannel(channel) : undefined
  }

  /** Who holds each of these channels; those that nobody holds are left out. */
  async holders(names: readonly string[]): Promise<readonly ChannelHolders[]> {
    const found = await Promise.all(names.map((name) => this.channel(name)))
    return found.filter((holders) => holders !== undefined)
  }

  async connections(
    filter: ConnectionFilter,
    query: OrderedQuery<ConnectionKey>,
  ): Promise<Page<HeldConnection>> {
    const { search } = filter
    const accepts = (connection: Connection): boolean =>
      matches(connection, filter) && (search === undefined || this.#contains(connection, search))
    const { order } = query
    if (order === undefined) return this.#unordered(filter, query, accepts)
    const page = await this.#rank(this.#connections.slots, accepts, {
      query: { ...query, order },
      keyOf: (connection) => this.#keyOf(connection, order.by),
      idOf: (connection) => this.#connections.idOf(connection),
    })
    const held = page.items.filter(({ holder }) => holder !== undefined)
    return { items: held.map((connection) => this.#describe(connection)), next: page.next }
  }

  #unordered(
    filter: ConnectionFilter,
    query: PageQuery,
    accepts: (connection: Connection) => boolean,
  ): Page<HeldConnection> {
    const describe = (connection: Connection): HeldConnection => this.#describe(connection)
    const channel = filter.channel === undefined ? undefined : this.#hub.channel(filter.channel)
    const holders = channel?.subscriptions.length ?? 0
    if (filter.channel === undefined || holders > FEW_HOLDERS) {
      const maxVisited = filter.search === undefined ? MAX_VISITED : MAX_RANKED
      return pageOf(this.#connections.slots, query, { accepts, describe, maxVisited })
    }
    const from = parseCursor(query.cursor)
    const found = (channel?.subscriptions ?? [])
      .map(({ hold }) => hold.connection)
      .filter((connection) => connection.slot >= from && accepts(connection))
      .sort((a, b) => a.slot - b.slot)
    const next = found[query.limit]?.slot
    return { items: found.slice(0, query.limit).map(describe), next: next?.toString() }
  }

  async connection(id: string): Promise<ConnectionDetail | undefined> {
    const connection = this.#connections.find(id)
    if (connection?.holder === undefined) return undefined
    const described = this.#describe(connection)
    return {
      ...described,
      subscriptions: described.channels.map((name) => this.#subscription(connection, name)),
    }
  }

  #subscription(connection: Connection, channel: string): HeldSubscription {
    const known = this.#hub.channel(channel)?.subscriptions.find(({ hold }) => hold.connection === connection)
    return { channel, lastId: known?.prevId, filters: known?.filterNames }
  }

  async has(id: string): Promise<boolean> {
    return this.#connections.find(id) !== undefined
  }

  async kick(id: string): Promise<boolean> {
    const holder = this.#connections.find(id)?.holder
    holder?.kick()
    return holder !== undefined
  }

  async refresh(id: string): Promise<boolean> {
    const connection = this.#connections.find(id)
    if (connection?.kind !== 'ws') return false
    connection.holder?.refresh?.()
    return true
  }

  #contains(connection: Connection, text: string): boolean {
    const { channelNames, peerAddress, meta } = connection.holder as Holder
    return (
      (connection.peerAddress ?? peerAddress).includes(text) ||
      channelNames.some((name) => name.includes(text)) ||
      connection.routeId.includes(text) ||
      this.#connections.idOf(connection).includes(text) ||
      (meta !== undefined && Object.values(meta).some((value) => value.includes(text)))
    )
  }

  /** As `connectionKey` has it of what is described. */
  #keyOf(connection: Connection, by: ConnectionKey): string | number {
    const holder = connection.holder as Holder
    switch (by) {
      case 'id':
        return this.#connections.idOf(connection)
      case 'kind':
        return holder.kind
      case 'route':
        return connection.routeId
      case 'peer':
        return connection.peerAddress ?? holder.peerAddress
      case 'age':
        return -this.#openedAt(connection)
      case 'queue':
        return holder.bytesQueued
    }
  }

  /** Whole milliseconds since 1970, as they are told: a page that several processes make begins after what was told. */
  #openedAt({ openedMs }: Connection): number {
    return Math.floor(openedMs + this.#epochMs)
  }

  /** Looks at all of a table, in steps between which others have their turn. */
  async #rank<T extends Slotted>(
    table: SlotTable<T>,
    accepts: (item: T) => boolean,
    rules: RankRules<T>,
  ): Promise<Page<T>> {
    const ranking = new Ranking<T>(rules)
    let from: number | undefined = 0
    while (from !== undefined) {
      const page = table.page({ from, maxItems: MAX_RANKED, maxSlots: MAX_RANKED, accepts })
      for (const item of page.items) ranking.offer(item)
      from = page.next
      if (from !== undefined) await new Promise<void>((resolve) => this.#clock.soon(resolve))
    }
    return ranking.page()
  }

  #describe(connection: Connection): HeldConnection {
    const holder = connection.holder as Holder
    const ageMs = this.#clock.now() - connection.openedMs
    return {
      id: this.#connections.idOf(connection),
      kind: holder.kind,
      route: connection.routeId,
      channels: holder.channelNames,
      meta: holder.meta ?? {},
      peer: connection.peerAddress ?? holder.peerAddress,
      openedAt: new Date(this.#openedAt(connection)).toISOString(),
      ageSeconds: Math.round(ageMs / 100) / 10,
      bytesQueued: holder.bytesQueued,
    }
  }
}

function pageOf<T extends Slotted, D>(
  table: SlotTable<T>,
  query: PageQuery,
  {
    accepts,
    describe,
    maxVisited = MAX_VISITED,
  }: {
    readonly accepts: (item: T) => boolean
    readonly describe: (item: T) => D
    readonly maxVisited?: number
  },
): Page<D> {
  const from = parseCursor(query.cursor)
  const page = table.page({ from, maxItems: query.limit, maxSlots: maxVisited, accepts })
  return { items: page.items.map(describe), next: page.next?.toString() }
}

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  if (!/^\d{1,9}$/.test(cursor)) {
    throw new HoldfastError(
      'ADMIN_REQUEST_INVALID',
      `cursor: expected the "next" of a page, found "${cursor}"`,
    )
  }
  return Number(cursor)
}

/** A channel lives on for a while when its last long poll was answered. */
function isHeld(channel: Channel): boolean {
  return channel.subscriptions.length > 0
}

function matches({ holder, routeId }: Connection, { channel, route, meta }: ConnectionFilter): boolean {
  if (holder === undefined) return false
  if (route !== undefined && route !== routeId) return false
  if (channel !== undefined && !holder.channelNames.includes(channel)) return false
  return meta.every(([name, value]) => holder.meta?.[name] === value)
}

function describeChannel({ name, responseHolds, streamHolds, socketHolds }: Channel): ChannelHolders {
  return { name, holders: { response: responseHolds, stream: streamHolds, socket: socketHolds } }
}
