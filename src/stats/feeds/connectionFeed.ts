import type { Connection, ConnectionTable, ConnectionWatcher } from '../connections.ts'
import { type PacketSink, refreshSeconds } from './packet.ts'
import { Rotation } from './rotation.ts'

/** Tells of connections: when they begin and end, and that they are still there. Pushpin: operations.md §4.3. */
export class ConnectionFeed implements ConnectionWatcher {
  readonly #table: ConnectionTable
  readonly #send: PacketSink
  readonly #ttlSeconds: number
  readonly #rotation: Rotation<Connection>

  constructor(table: ConnectionTable, options: { readonly send: PacketSink; readonly ttlSeconds: number }) {
    this.#table = table
    this.#send = options.send
    this.#ttlSeconds = options.ttlSeconds
    this.#rotation = new Rotation(table.slots, refreshSeconds(options.ttlSeconds))
  }

  onOpened(connection: Connection): void {
    const { kind, traffic, peerAddress, isSecure } = connection
    this.#send('conn', {
      id: this.#table.idOf(connection),
      route: traffic.routeId,
      type: kind,
      'peer-address': peerAddress || undefined,
      ssl: isSecure || undefined,
      ttl: this.#ttlSeconds,
    })
  }

  onClosed(connection: Connection): void {
    this.#send('conn', { id: this.#table.idOf(connection), unavailable: true })
  }

  /** To be called each second. */
  tick(): void {
    for (const connection of this.#rotation.due()) this.onOpened(connection)
  }
}
