import type { EventEmitter } from 'node:events'
import type { Log } from '../../edges/log.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { Channel, HubWatcher } from '../../hub/hold.ts'
import type { JoinedParts } from '../../server.ts'
import type { Connection, ConnectionTable, ConnectionWatcher, HoldKind } from '../../stats/connections.ts'

/** How many clients hold a channel, after one has come or gone. */
export interface SubscriptionEvent {
  readonly channel: string
  /** How the client that came or went is held: as a long poll, a stream or a WebSocket. */
  readonly kind: HoldKind
  /** How many clients of that kind hold the channel now. */
  readonly subscribers: number
}

/** An item that was published, by whatever way. */
export interface PublishEvent {
  readonly channel: string
  readonly id: string | undefined
}

/** A request or a WebSocket of a client that has found its route. */
export interface ConnectionEvent {
  /** As the admin API calls it. */
  readonly id: string
  readonly kind: 'http' | 'ws'
  readonly route: string
}

/** Something that went wrong, or that somebody should know. */
export interface WarningEvent {
  readonly level: 'warn' | 'error'
  readonly message: string
  /** One of docs/errors.md, where there is one. */
  readonly code: string | undefined
}

/** What listeners of a server are told; they are called a little later, in the order in which things happened. */
export interface ServerEvents {
  subscribe: [event: SubscriptionEvent]
  unsubscribe: [event: SubscriptionEvent]
  publish: [event: PublishEvent]
  connection: [event: ConnectionEvent]
  disconnection: [event: ConnectionEvent]
  warning: [event: WarningEvent]
  /** The server has closed. */
  close: []
}

type Emitter = EventEmitter<ServerEvents>

/** Tells the listeners of `emitter` what happens in a server. */
export function tellEvents(emitter: Emitter, { hub, stats }: Pick<JoinedParts, 'hub' | 'stats'>): void {
  hub.watcher = new HubEvents(emitter)
  stats.connections.watcher = new ConnectionEvents(emitter, stats.connections)
}

/** Returns a log that writes to `log` and tells the listeners of `emitter` of warnings and errors. */
export function tellWarnings(emitter: Emitter, log: Log): Log {
  const telling =
    (level: 'warn' | 'error'): Log['warn'] =>
    (message, fields) => {
      log[level](message, fields)
      const { code, error } = { code: undefined, error: undefined, ...fields }
      const found = code ?? (error as { readonly code?: unknown } | undefined)?.code
      tell(emitter, 'warning', () => ({
        level,
        message,
        code: found === undefined ? undefined : String(found),
      }))
    }
  return {
    error: telling('error'),
    warn: telling('warn'),
    info: (message, fields) => log.info(message, fields),
    infoAnyway: (message) => log.infoAnyway(message),
    debug: (message, fields) => log.debug(message, fields),
    trace: (message, fields) => log.trace(message, fields),
    isEnabled: (level) => level === 'error' || level === 'warn' || log.isEnabled(level),
  }
}

/** Not at once: a listener that throws must not stop a delivery half way. What nobody listens to is not made. */
function tell<Name extends Exclude<keyof ServerEvents, 'close'>>(
  emitter: Emitter,
  name: Name,
  make: () => ServerEvents[Name][0],
): void {
  if (emitter.listenerCount(name) === 0) return
  const event = make()
  const emit = emitter.emit.bind(emitter) as (name: string, event: unknown) => boolean
  process.nextTick(emit, name, event)
}

class HubEvents implements HubWatcher {
  readonly #emitter: Emitter

  constructor(emitter: Emitter) {
    this.#emitter = emitter
  }

  onHoldJoined(channel: Channel, kind: HoldKind): void {
    tell(this.#emitter, 'subscribe', () => subscriptionEvent(channel, kind))
  }

  onHoldLeft(channel: Channel, kind: HoldKind): void {
    tell(this.#emitter, 'unsubscribe', () => subscriptionEvent(channel, kind))
  }

  onAccepted({ channel, id }: PublishItem): void {
    tell(this.#emitter, 'publish', () => ({ channel, id }))
  }

  onFanned(): void {}
}

class ConnectionEvents implements ConnectionWatcher {
  readonly #emitter: Emitter
  readonly #table: ConnectionTable

  constructor(emitter: Emitter, table: ConnectionTable) {
    this.#emitter = emitter
    this.#table = table
  }

  onOpened(connection: Connection): void {
    tell(this.#emitter, 'connection', () => this.#eventOf(connection))
  }

  onClosed(connection: Connection): void {
    tell(this.#emitter, 'disconnection', () => this.#eventOf(connection))
  }

  #eventOf(connection: Connection): ConnectionEvent {
    const { kind, routeId } = connection
    return { id: this.#table.idOf(connection), kind, route: routeId }
  }
}

function subscriptionEvent(channel: Channel, kind: HoldKind): SubscriptionEvent {
  return { channel: channel.name, kind, subscribers: subscribersOf(channel, kind) }
}

function subscribersOf(channel: Channel, kind: HoldKind): number {
  if (kind === 'stream') return channel.streamHolds
  return kind === 'socket' ? channel.socketHolds : channel.responseHolds
}
