import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node'
import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import { connectionOptions } from './connectionOptions.ts'
import { describeConnectFault } from './describeConnectFault.ts'
import { loadNats, type Nats } from './loadNats.ts'
import type { NatsOptions } from './natsOptions.ts'

/** How the servers are reached, and who hears what becomes of that. */
export interface NatsLinkOptions {
  readonly nats: NatsOptions
  /** What servers call the connection in their reports. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
}

/** Hears of the connection. */
export interface LinkWatcher {
  /** Connected, for the first time or again; all subscriptions are made. */
  linkUp(): void
  /** What others have published from now on, and some of what was published here, may be lost. */
  linkDown(): void
}

/** What goes along with a message: where it may be answered, and fields. */
export interface SendOptions {
  readonly reply?: string
  readonly headers?: MsgHdrs
}

/** What servers take that are not told otherwise. NATS: max_payload. */
const DEFAULT_MAX_MESSAGE_BYTES = 1024 * 1024

/** Wait between attempts to make a connection, and what is added by chance, so that nodes do not all come at once. */
const CONNECT_WAIT_MS = 250
const CONNECT_JITTER_MS = 250
/** What the client calls an error that is about the rights of its user. */
const REFUSED_NAME = 'PermissionViolationError'
/** How long the last words may take. */
const CLOSE_TIMEOUT_MS = 500
/** A server that is there answers within this; one that is not is noticed by pings before. */
const ANSWER_TIMEOUT_MS = 5000

/**
 * The connection to the NATS servers, which is made again for as long as it takes.
 *
 *     idle --open--> down --connected--> up --lost, or pings unanswered--> down
 *     any --close--> closed
 */
export class NatsLink {
  readonly #options: NatsLinkOptions
  readonly #watchers: LinkWatcher[] = []
  readonly #subscriptions = new Map<string, Subscribed>()
  /** Rejects what waits for an answer of the server's. */
  readonly #waiting = new Set<(error: HoldfastError) => void>()
  #state: 'idle' | 'down' | 'up' | 'closed' = 'idle'
  #nats: Nats | undefined
  #connection: NatsConnection | undefined
  #flushing: Promise<void> | undefined
  #lastFault = ''

  constructor(options: NatsLinkOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Bytes that a message may have; what a server that was not reached would take is not known. */
  get maxMessageBytes(): number {
    return this.#connection?.info?.max_payload ?? DEFAULT_MAX_MESSAGE_BYTES
  }

  watch(watcher: LinkWatcher): void {
    this.#watchers.push(watcher)
  }

  /** Tries to connect once, and goes on trying after it has returned. Throws NATS_UNAVAILABLE when a setting cannot be used. */
  async open(): Promise<void> {
    this.#nats = await loadNats()
    connectionOptions(this.#nats, this.#options.nats, this.#options.name)
    this.#state = 'down'
    await this.#connect()
  }

  /** Has the callback called for each message; also after the connection was lost and made again. */
  subscribe(subject: string, onMessage: (message: Msg) => void): void {
    const subscribed = { onMessage, subscription: this.#subscribeNow(subject, onMessage) }
    this.#subscriptions.set(subject, subscribed)
  }

  unsubscribe(subject: string): void {
    this.#subscriptions.get(subject)?.subscription?.unsubscribe()
    this.#subscriptions.delete(subject)
  }

  /** Sends a message. Throws BUS_UNAVAILABLE. */
  send(subject: string, content: Uint8Array, options: SendOptions = {}): void {
    const connection = this.#current()
    try {
      connection.publish(subject, content, options)
    } catch (cause) {
      throw unavailable(`NATS does not take a message of ${content.length} bytes`, cause as Error)
    }
  }

  /** Sends a message and waits for its answer. Rejects with BUS_UNAVAILABLE. */
  ask(
    subject: string,
    content: Uint8Array,
    {
      headers,
      timeoutMs = ANSWER_TIMEOUT_MS,
    }: { readonly headers?: MsgHdrs; readonly timeoutMs?: number } = {},
  ): Promise<Msg> {
    const timeout = timeoutMs + CONNECT_WAIT_MS
    return this.#whileUp(
      (connection) => connection.request(subject, content, { timeout, ...(headers && { headers }) }),
      timeoutMs,
    )
  }

  /**
   * Resolves when the server has taken all that was sent, and all has come that it had sent before it answered. Rejects with
   * BUS_UNAVAILABLE. Those who ask in one turn of the event loop share an answer.
   */
  flush(): Promise<void> {
    this.#flushing ??= new Promise((resolve, reject) => {
      queueMicrotask(() => {
        this.#flushing = undefined
        this.#whileUp((connection) => connection.flush(), ANSWER_TIMEOUT_MS).then(resolve, reject)
      })
    })
    return this.#flushing
  }

  /** Makes the header that a message is recognized by when it comes twice. */
  headers(fields: Readonly<Record<string, string>>): MsgHdrs {
    if (this.#nats === undefined) throw unavailable('not connected to NATS')
    const headers = this.#nats.headers()
    for (const [name, value] of Object.entries(fields)) headers.set(name, value)
    return headers
  }

  /** The client's own connection. Throws BUS_UNAVAILABLE. */
  get connection(): NatsConnection {
    return this.#current()
  }

  /** Lets the server have what was sent, if it answers soon, and disconnects. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    // A server that does not answer has been complained of before.
    if (this.isUp) await this.#whileUp((connection) => connection.flush(), CLOSE_TIMEOUT_MS).catch(() => {})
    this.#state = 'closed'
    this.#rejectWaiting('this node is stopping')
    await this.#connection?.close()
  }

  #current(): NatsConnection {
    if (this.#connection === undefined || this.#state !== 'up') throw unavailable('not connected to NATS')
    return this.#connection
  }

  /** Gives up when the connection is lost, or after a while. */
  #whileUp<T>(ask: (connection: NatsConnection) => Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const onEnd = (): void => {
        this.#waiting.delete(onFault)
        timer.cancel()
      }
      const onFault = (error: HoldfastError): void => {
        onEnd()
        reject(error)
      }
      const timer = this.#options.clock.after(timeoutMs, () => onFault(unavailable('NATS does not answer')))
      this.#waiting.add(onFault)
      Promise.resolve()
        .then(() => ask(this.#current()))
        .then(
          (answer) => {
            onEnd()
            resolve(answer)
          },
          (error: Error) =>
            onFault(error instanceof HoldfastError ? error : unavailable(error.message, error)),
        )
    })
  }

  async #connect(): Promise<void> {
    if (this.#state === 'closed' || this.#nats === undefined) return
    const { nats: options, name } = this.#options
    try {
      // Files are read each time: wrong credentials may become right ones, and those that end be replaced, without a restart.
      const connection = await this.#nats.connect(connectionOptions(this.#nats, options, name))
      await this.#take(connection)
    } catch (error) {
      this.#noteFault(describeConnectFault(error as Error, options))
      const waitMs = CONNECT_WAIT_MS + Math.random() * CONNECT_JITTER_MS
      this.#options.clock.after(waitMs, () => void this.#connect())
    }
  }

  async #take(connection: NatsConnection): Promise<void> {
    // `close` came while it was being made.
    if (this.#isClosed()) return connection.close()
    this.#connection = connection
    for (const [subject, subscribed] of this.#subscriptions) {
      subscribed.subscription = this.#subscribeNow(subject, subscribed.onMessage)
    }
    void this.#watch(connection)
    this.#goUp()
  }

  /** The client connects again by itself, to servers that others have told it of, too; when it gives up, it is replaced. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const event of connection.status()) {
      if (event.type === 'disconnect' || event.type === 'staleConnection') this.#goDown()
      if (event.type === 'reconnect') this.#goUp()
      if (event.type === 'error') this.#noteRefusal(event.error)
    }
    await connection.closed()
    if (this.#isClosed()) return
    this.#goDown()
    await this.#connect()
  }

  #goUp(): void {
    if (this.#state !== 'down') return
    this.#state = 'up'
    this.#lastFault = ''
    this.#options.log.info(`connected to NATS at ${this.#connection?.getServer()}`)
    for (const watcher of this.#watchers) watcher.linkUp()
  }

  #goDown(): void {
    if (this.#state !== 'up') return
    this.#state = 'down'
    this.#options.log.error('the connection to NATS is lost: nothing can be published until it is back')
    this.#rejectWaiting('the connection to NATS is lost')
    for (const watcher of this.#watchers) watcher.linkDown()
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #rejectWaiting(reason: string): void {
    for (const reject of [...this.#waiting]) reject(unavailable(reason))
  }

  /** The publisher cannot be told: the server answers nothing else to what it does not let through. */
  #noteRefusal(error: Error): void {
    if (error.name === REFUSED_NAME)
      this.#options.log.error(`NATS does not let this node's user do that: ${error.message}`)
  }

  #noteFault(text: string): void {
    if (text === this.#lastFault) return
    this.#lastFault = text
    this.#options.log.error(`cannot connect to NATS: ${text}; trying again`)
  }

  #subscribeNow(subject: string, onMessage: (message: Msg) => void): Subscription | undefined {
    const connection = this.#connection
    if (connection === undefined || connection.isClosed()) return undefined
    return connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) onMessage(message)
        else this.#options.log.error(`NATS refuses the subscription to ${subject}: ${error.message}`)
      },
    })
  }
}

interface Subscribed {
  readonly onMessage: (message: Msg) => void
  subscription: Subscription | undefined
}

function unavailable(reason: string, cause?: Error): HoldfastError {
  return new HoldfastError('BUS_UNAVAILABLE', reason, { cause })
}
