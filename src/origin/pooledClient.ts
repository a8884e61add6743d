import './ownFetch.ts'
import { Client, type Dispatcher } from 'undici'

/** The connection that a request is sent on. */
export interface PooledConnection {
  /** It has answered another request before, so that the origin may have closed it since. */
  readonly isUsed: boolean
  /** Sends the request whose failure is being told once more, on a new connection. False when the pool was destroyed. */
  repeat(): boolean
}

/** One request and its answer: it hears of them from undici until it is over. */
export interface PooledExchange extends Dispatcher.DispatchHandler {
  readonly isOver: boolean
  /** Is called before undici's methods, each time that the request is given to a connection. */
  onAssigned(connection: PooledConnection): void
}

/** What a connection is asked. */
export interface PooledRequest {
  readonly options: Dispatcher.DispatchOptions
  readonly exchange: PooledExchange
}

/** What a pool hears of its clients. */
export interface PooledClientEvents {
  /** The request is over, and another one can be sent. */
  onFree(pooled: PooledClient): void
  /** The connection has ended while it was not in use. */
  onUnusedEnd(pooled: PooledClient): void
  /** The connection was broken over a request that was given up, and the client is of no more use. */
  onBroken(pooled: PooledClient): void
  /** No connection could be made: the request has failed, and the client is of no more use. */
  onNotConnected(pooled: PooledClient, error: Error): void
}

/**
 * One of undici's clients: it has one connection at a time, makes it when there is a request, and is given one request after another.
 *
 *     free --send--> busy --answered or failed--> free
 *                    busy --connection was stale--> busy, on a new one
 *                    busy --no connection, or given up--> of no more use
 */
export class PooledClient implements PooledConnection {
  readonly #client: Client
  readonly #events: PooledClientEvents
  /** What it is busy with. */
  #request: PooledRequest | undefined
  #isConnected = false
  #isUsed = false
  #isToRepeat = false

  constructor(url: string, { events, ...options }: Client.Options & { readonly events: PooledClientEvents }) {
    this.#events = events
    this.#client = new Client(url, { ...options, pipelining: 1 })
    this.#client.on('connect', () => {
      this.#isConnected = true
    })
    this.#client.on('disconnect', () => this.#disconnected())
    this.#client.on('connectionError', (_origin, _targets, error) => this.#notConnected(error))
    this.#client.on('drain', () => this.#freed())
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  get isUsed(): boolean {
    return this.#isUsed
  }

  /** Sends the request, on a new connection when there is none; only to be called while free. */
  send(request: PooledRequest): void {
    const { options, exchange } = request
    this.#request = request
    exchange.onAssigned(this)
    // True when `drain` is about to be emitted; false while there is a request, at whose end it is; or when undici refuses the request,
    // of which it says nothing more.
    let isDraining = false
    try {
      isDraining = this.#client.dispatch(options, exchange)
    } finally {
      if (!isDraining && exchange.isOver && this.#client.stats.size === 0) this.#freeSoon()
    }
  }

  repeat(): boolean {
    this.#isToRepeat = !this.#client.destroyed
    return this.#isToRepeat
  }

  /** Closes the connection; only to be called while free. */
  close(): void {
    // Nothing is under way on it: this cannot fail.
    void this.#client.close()
  }

  /** Breaks the connection; a request under way fails. */
  async destroy(error: Error | null = null): Promise<void> {
    this.#request = undefined
    await this.#client.destroy(error)
  }

  #disconnected(): void {
    this.#isConnected = false
    this.#isUsed = false
    if (this.#request === undefined) this.#events.onUnusedEnd(this)
    else if (this.#request.exchange.isOver && this.#client.stats.size > 0) this.#broken()
  }

  /** undici keeps what was given up at the head of its queue, and would make another connection for it. */
  #broken(): void {
    void this.destroy()
    this.#events.onBroken(this)
  }

  /** undici has told the request, but after some errors counts it as under way for ever. */
  #notConnected(error: Error): void {
    void this.destroy(error)
    this.#events.onNotConnected(this, error)
  }

  /** Not at once: a thousand that are refused, one after another, would be as many calls within each other. */
  #freeSoon(): void {
    queueMicrotask(() => this.#freed())
  }

  #freed(): void {
    const request = this.#request
    if (request === undefined) return
    const isToRepeat = this.#isToRepeat && !request.exchange.isOver
    this.#isToRepeat = false
    this.#request = undefined
    this.#isUsed = this.#isConnected
    if (isToRepeat) this.send(request)
    else this.#events.onFree(this)
  }
}
