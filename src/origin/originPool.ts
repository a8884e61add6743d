import type { Client, Dispatcher } from 'undici'
import { Fifo } from '../util/fifo.ts'
import { PooledClient, type PooledExchange, type PooledRequest } from './pooledClient.ts'

/** How a pool's connections are made, and how many there may be at one time; undefined: as many as are needed. */
export interface OriginPoolOptions extends Client.Options {
  readonly maxConnections?: number | undefined
}

/** Connections that a pool makes without looking at how soon the origin answers. */
const FIRST_CONNECTIONS = 64

/** Requests at most that get new connections at once when all are in use: more are a burst. */
const FEW_REQUESTS = 8

/** How long a burst is watched before it gets further connections. */
const ROUND_MS = 50

/** Rounds that the connections may need for what waits. */
const PATIENCE_ROUNDS = 4

/** Clients without a connection that are kept for the next one. */
const MAX_SPARE = 64

interface WaitingRequest extends PooledRequest {
  /** Which of the pool's requests it is. */
  readonly turn: number
}

/**
 * The connections to one target, made as they are needed. When a publish lets a thousand clients ask at the same moment, an origin
 * that answers at once is not given a thousand connections: requests wait until one is free, and further connections are made when the origin
 * is slower than that. The connection used last is used next, so that those which are too many run into their keep-alive time.
 *
 *     dispatch --one is free, or there are few--> sent
 *     dispatch --all are in use--> waiting --one is free--> sent
 *       waiting --a few, or the origin is slow--> sent on a new connection
 *       waiting --there is none left, and one that was begun later cannot be made--> failed
 *       waiting --given up--> passed over
 */
export class OriginPool {
  readonly #create: () => PooledClient
  readonly #maxConnections: number
  /** Each with the turn in which it was given its latest request. */
  readonly #clients = new Map<PooledClient, number>()
  /** Those with a connection that nobody uses, the one used last at the end. */
  readonly #idle: PooledClient[] = []
  /** Those without a connection, which are not counted. */
  readonly #spare: PooledClient[] = []
  readonly #waiting = new Fifo<WaitingRequest>()
  #turn = 0
  #answeredInRound = 0
  #isRetired = false
  #immediate: NodeJS.Immediate | undefined
  #round: NodeJS.Timeout | undefined

  constructor(url: string, { maxConnections = Number.POSITIVE_INFINITY, ...options }: OriginPoolOptions) {
    const events = {
      onFree: (pooled: PooledClient) => this.#freed(pooled),
      onUnusedEnd: (pooled: PooledClient) => this.#unusedEnd(pooled),
      onBroken: (pooled: PooledClient) => this.#broken(pooled),
      onNotConnected: (pooled: PooledClient, error: Error) => this.#notConnected(pooled, error),
    }
    this.#create = () => new PooledClient(url, { ...options, events })
    this.#maxConnections = maxConnections
  }

  /** Sends the request as soon as there is a connection for it; the exchange hears of everything. */
  dispatch(options: Dispatcher.DispatchOptions, exchange: PooledExchange): void {
    const request = { options, exchange, turn: ++this.#turn }
    const free = this.#idle.pop()
    if (free !== undefined) this.#send(free, request)
    else if (this.#count < Math.min(FIRST_CONNECTIONS, this.#maxConnections)) this.#connectWith(request)
    else {
      this.#waiting.push(request)
      this.#reviewSoon()
    }
  }

  /** Closes the connections when nobody needs them any more. */
  retire(): void {
    this.#isRetired = true
    for (const pooled of [...this.#idle.splice(0), ...this.#spare.splice(0)]) this.#drop(pooled)
  }

  /** Breaks the connections; requests under way and those that wait fail. */
  async destroy(): Promise<void> {
    clearImmediate(this.#immediate)
    clearTimeout(this.#round)
    const clients = [...this.#clients.keys()]
    this.#clients.clear()
    this.#idle.length = 0
    this.#spare.length = 0
    this.#failWaiting(new Error('the server stops'), this.#turn)
    await Promise.all(clients.map((pooled) => pooled.destroy()))
  }

  /** Connections in use, idle, and being made. */
  get #count(): number {
    return this.#clients.size - this.#spare.length
  }

  #connectWith(request: PooledRequest): void {
    this.#send(this.#spare.pop() ?? this.#create(), request)
  }

  #send(pooled: PooledClient, request: PooledRequest): void {
    this.#clients.set(pooled, this.#turn)
    pooled.send(request)
  }

  #freed(pooled: PooledClient): void {
    this.#answeredInRound++
    const next = this.#takeWaiting()
    if (next !== undefined) this.#send(pooled, next)
    else if (!pooled.isConnected) this.#keepSpare(pooled)
    else if (this.#isRetired) this.#drop(pooled)
    else this.#idle.push(pooled)
  }

  #unusedEnd(pooled: PooledClient): void {
    const at = this.#idle.indexOf(pooled)
    // One that was dropped ends, too.
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#keepSpare(pooled)
  }

  #broken(pooled: PooledClient): void {
    this.#clients.delete(pooled)
    this.#connectFor(1)
  }

  #keepSpare(pooled: PooledClient): void {
    if (this.#isRetired || this.#spare.length >= MAX_SPARE) this.#drop(pooled)
    else this.#spare.push(pooled)
  }

  #drop(pooled: PooledClient): void {
    this.#clients.delete(pooled)
    pooled.close()
  }

  /** Where no connection is left, this was the try of those, too, that waited as it began; the next one has its own in its place. */
  #notConnected(pooled: PooledClient, error: Error): void {
    const turn = this.#clients.get(pooled) ?? 0
    this.#clients.delete(pooled)
    if (this.#waiting.size === 0 || this.#hasConnection()) return
    this.#failWaiting(error, turn)
    this.#connectFor(1)
  }

  #hasConnection(): boolean {
    for (const pooled of this.#clients.keys()) if (pooled.isConnected) return true
    return false
  }

  /** Fails those that wait since that turn, or for longer. */
  #failWaiting(error: Error, lastTurn: number): void {
    for (let next = this.#waiting.oldest; next !== undefined; next = this.#waiting.oldest) {
      if (next.turn > lastTurn) return
      this.#waiting.shift()
      // As undici calls it, too, when a connection cannot be made.
      next.exchange.onError?.(error)
    }
  }

  #takeWaiting(): WaitingRequest | undefined {
    let next = this.#waiting.shift()
    // undici would break a connection over one that was given up.
    while (next?.exchange.isOver) next = this.#waiting.shift()
    return next
  }

  /** Looks at what waits when all answers that are there have been read: they may have freed enough connections. */
  #reviewSoon(): void {
    if (this.#round !== undefined) return
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      if (this.#waiting.size <= FEW_REQUESTS) this.#connectFor(FEW_REQUESTS)
      this.#watchRound()
    })
  }

  #watchRound(): void {
    clearTimeout(this.#round)
    this.#answeredInRound = 0
    this.#round = this.#waiting.size === 0 ? undefined : setTimeout(() => this.#endRound(), ROUND_MS)
  }

  #endRound(): void {
    if (this.#waiting.size > PATIENCE_ROUNDS * this.#answeredInRound) {
      this.#connectFor(Math.max(FIRST_CONNECTIONS, this.#count))
    }
    this.#watchRound()
  }

  /** Makes connections for those that wait, so many at most. */
  #connectFor(requests: number): void {
    const allowed = Math.min(requests, this.#maxConnections - this.#count)
    for (let i = 0; i < allowed; i++) {
      const next = this.#takeWaiting()
      if (next === undefined) return
      this.#connectWith(next)
    }
  }
}
