import { SlotTable, type Slotted } from '../util/slotTable.ts'
import type { RouteTraffic, TrafficTable } from './routeTraffic.ts'

/** What a client is held as. */
export type HoldKind = 'response' | 'stream' | 'socket'

/** A hold as those see it who look at the server from outside. */
export interface Holder {
  readonly kind: HoldKind
  /** By the names that publishers use. */
  readonly channelNames: readonly string[]
  /** GRIP: Grip-Set-Meta. */
  readonly meta: Readonly<Record<string, string>> | undefined
  /** The other end of the client's connection. */
  readonly peerAddress: string
  /** Bytes that wait for the client. */
  readonly bytesQueued: number
  /** Ends the hold because an operator wants it: streams end cleanly, long polls get their timeout response, sockets a Close. */
  kick(): void
  /** Asks the origin of a WebSocket over HTTP now whether it has something; nobody else has it. GRIP: `refresh`. */
  refresh?(): void
}

/** One request, or one WebSocket, of one client, from its first byte to its end. One shape, for there are many. */
export interface Connection extends Slotted {
  /** Counts the connections of the process; tells apart those that had the same slot. */
  readonly number: number
  readonly kind: 'http' | 'ws'
  /** The id by which others know it already: what origins are told as Connection-Id. Undefined: made of slot and number. */
  readonly givenId: string | undefined
  /** What the route is called, be it by itself or by us. */
  readonly routeId: string
  readonly traffic: RouteTraffic
  /**
   * The client's address as X-Forwarded-For gives it by the configured rule, else the peer's; empty on a unix socket.
   * Undefined where the holder knows it, too.
   */
  readonly peerAddress: string | undefined
  readonly isSecure: boolean
  readonly openedMs: number
  readonly openedSecond: number
  /** Who holds it now; undefined while its origin is asked. */
  holder: Holder | undefined
}

/** What is known of a connection when it begins. */
export interface Opening {
  readonly kind: 'http' | 'ws'
  readonly givenId?: string | undefined
  readonly routeId: string
  readonly traffic: RouteTraffic
  readonly peerAddress: string | undefined
  readonly isSecure: boolean
  readonly nowMs: number
}

/** Hears of connections as they come and go. */
export interface ConnectionWatcher {
  onOpened(connection: Connection): void
  onClosed(connection: Connection): void
}

/** What connections are called, and where their traffic counts. */
export interface ConnectionTableOptions {
  /** Begins the ids of this process, so that those of several can stand side by side. Letters and digits. */
  readonly prefix: string
  readonly traffic: TrafficTable
}

/** All connections of the process. */
export class ConnectionTable {
  watcher: ConnectionWatcher | undefined
  /** Connections whose clients have not taken all that was written. */
  readonly behind = new Set<Connection>()
  readonly slots = new SlotTable<Connection>()
  readonly #prefix: string
  readonly #traffic: TrafficTable
  readonly #byGivenId = new Map<string, Connection>()
  #count = 0

  constructor({ prefix, traffic }: ConnectionTableOptions) {
    this.#prefix = prefix
    this.#traffic = traffic
  }

  open(opening: Opening): Connection {
    const { traffic } = opening
    const connection: Connection = {
      slot: -1,
      number: ++this.#count,
      kind: opening.kind,
      givenId: opening.givenId,
      routeId: opening.routeId,
      traffic,
      peerAddress: opening.peerAddress,
      isSecure: opening.isSecure,
      // A whole number takes no memory of its own.
      openedMs: Math.floor(opening.nowMs),
      openedSecond: this.#traffic.connect(traffic),
      holder: undefined,
    }
    this.slots.add(connection)
    if (opening.givenId !== undefined) this.#byGivenId.set(opening.givenId, connection)
    this.watcher?.onOpened(connection)
    return connection
  }

  /** Takes a connection out that is at its end; does nothing the second time. */
  close(connection: Connection): void {
    if (connection.slot < 0) return
    // While its id can still be told.
    this.watcher?.onClosed(connection)
    this.slots.delete(connection)
    this.behind.delete(connection)
    connection.holder = undefined
    this.#traffic.disconnect(connection.traffic, connection.openedSecond)
    if (connection.givenId !== undefined) this.#byGivenId.delete(connection.givenId)
  }

  /** The id of a connection that is in the table. Made when it is asked for: most connections are never named. */
  idOf({ givenId, slot, number }: Connection): string {
    return givenId ?? `${this.#prefix}-${slot}-${number.toString(36)}`
  }

  find(id: string): Connection | undefined {
    const given = this.#byGivenId.get(id)
    if (given !== undefined) return given
    const [prefix, slot = ''] = id.split('-')
    if (prefix !== this.#prefix || !/^\d{1,9}$/.test(slot)) return undefined
    const connection = this.slots.get(Number(slot))
    return connection !== undefined && this.idOf(connection) === id ? connection : undefined
  }

  /** Bytes that wait for all clients together. */
  bytesQueued(): number {
    let bytes = 0
    for (const { holder } of this.behind) bytes += holder?.bytesQueued ?? 0
    return bytes
  }
}
