import type {
  ChannelHolders,
  Clock,
  ConnectionFilter,
  HeldConnection,
  HoldDirectory,
  Page,
  PageQuery,
} from '../edges.ts'
import { HoldfastError } from '../errors.ts'
import type { Channel } from '../hub/hold.ts'
import type { Hub } from '../hub/hub.ts'
import type { Connection, ConnectionTable, Holder } from '../stats/connections.ts'
import type { SlotTable, Slotted } from '../util/slotTable.ts'

/** Entries looked at for one page; at some 30 ns each, a listing never holds up deliveries for longer than a few milliseconds. */
const MAX_VISITED = 100_000

/** Holders of a channel that are looked at one by one instead of going through all connections. */
const FEW_HOLDERS = 1000

/** Who is held in this process. */
export class LocalDirectory implements HoldDirectory {
  readonly #hub: Hub
  readonly #connections: ConnectionTable
  readonly #clock: Clock

  constructor(parts: { readonly hub: Hub; readonly connections: ConnectionTable; readonly clock: Clock }) {
    this.#hub = parts.hub
    this.#connections = parts.connections
    this.#clock = parts.clock
  }

  async channels(prefix: string, query: PageQuery): Promise<Page<ChannelHolders>> {
    const accepts = (channel: Channel): boolean => isHeld(channel) && channel.name.startsWith(prefix)
    return pageOf(this.#hub.channels, query, { accepts, describe: describeChannel })
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

  async connections(filter: ConnectionFilter, query: PageQuery): Promise<Page<HeldConnection>> {
    const accepts = (connection: Connection): boolean => matches(connection, filter)
    const describe = (connection: Connection): HeldConnection => this.#describe(connection)
    const channel = filter.channel === undefined ? undefined : this.#hub.channel(filter.channel)
    const holders = channel?.subscriptions.length ?? 0
    if (filter.channel === undefined || holders > FEW_HOLDERS) {
      return pageOf(this.#connections.slots, query, { accepts, describe })
    }
    const from = parseCursor(query.cursor)
    const found = (channel?.subscriptions ?? [])
      .map(({ hold }) => hold.connection)
      .filter((connection) => connection.slot >= from && accepts(connection))
      .sort((a, b) => a.slot - b.slot)
    const next = found[query.limit]?.slot
    return { items: found.slice(0, query.limit).map(describe), next: next?.toString() }
  }

  async connection(id: string): Promise<HeldConnection | undefined> {
    const connection = this.#connections.find(id)
    return connection?.holder === undefined ? undefined : this.#describe(connection)
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
      ageSeconds: Math.round(ageMs / 100) / 10,
      bytesQueued: holder.bytesQueued,
    }
  }
}

function pageOf<T extends Slotted, D>(
  table: SlotTable<T>,
  query: PageQuery,
  { accepts, describe }: { readonly accepts: (item: T) => boolean; readonly describe: (item: T) => D },
): Page<D> {
  const from = parseCursor(query.cursor)
  const page = table.page({ from, maxItems: query.limit, maxSlots: MAX_VISITED, accepts })
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
