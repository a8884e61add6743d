import './ownFetch.ts'
import { Client, type Dispatcher } from 'undici'
import { Fifo } from '../util/fifo.ts'

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

/** One of undici's clients, which has one connection at a time and answers one request after another. */
interface PooledClient {
  readonly client: Client
  isBusy: boolean
  isConnected: boolean
  /** It could not connect, and is not used again. */
  hasFailed: boolean
  /** The pool's turn when it began to connect. */
  turn: number
}

/** Hears of one request after another; of each until it is over. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  readonly isOver: boolean
}

interface WaitingRequest {
  readonly options: Dispatcher.DispatchOptions
  readonly handler: PooledHandler
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
 *       waiting --a later connection cannot be made--> failed
 */
export class OriginPool {
  readonly #url: string
  readonly #options: Client.Options
  readonly #maxConnections: number
  readonly #clients = new Set<PooledClient>()
  /** Those with a connection that nobody uses, the one used last at the end. */
  readonly #idle: PooledClient[] = []
  readonly #spare: PooledClient[] = []
  readonly #waiting = new Fifo<WaitingRequest>()
  #connectedCount = 0
  #turn = 0
  #answeredInRound = 0
  #isRetired = false
  #immediate: NodeJS.Immediate | undefined
  #round: NodeJS.Timeout | undefined

  constructor(url: string, { maxConnections = Number.POSITIVE_INFINITY, ...options }: OriginPoolOptions) {
    this.#url = url
    this.#options = { ...options, pipelining: 1 }
    this.#maxConnections = maxConnections
  }

  /** Sends the request as soon as there is a connection for it; the handler hears of everything. */
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    this.#turn++
    const free = this.#idle.pop()
    if (free !== undefined) this.#send(free, options, handler)
    else if (this.#count < Math.min(FIRST_CONNECTIONS, this.#maxConnections)) {
      this.#send(this.#newClient(), options, handler)
    } else {
      this.#waiting.push({ options, handler, turn: this.#turn })
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
    const clients = [...this.#clients]
    this.#failWaiting(new Error('the server stops'), this.#turn)
    await Promise.all(clients.map(({ client }) => client.destroy()))
  }

  /** Connections in use, idle, and being made. */
  get #count(): number {
    return this.#clients.size - this.#spare.length
  }

  #newClient(): PooledClient {
    return this.#spare.pop() ?? this.#create()
  }

  #create(): PooledClient {
    const client = new Client(this.#url, this.#options)
    const pooled = { client, isBusy: false, isConnected: false, hasFailed: false, turn: 0 }
    client.on('connect', () => this.#connected(pooled))
    client.on('disconnect', () => this.#disconnected(pooled))
    client.on('connectionError', (_origin, _targets, error) => this.#notConnected(pooled, error))
    client.on('drain', () => this.#freed(pooled))
    this.#clients.add(pooled)
    return pooled
  }

  #send(pooled: PooledClient, options: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    const { client } = pooled
    pooled.isBusy = true
    if (!pooled.isConnected) pooled.turn = this.#turn
    client.dispatch(options, handler)
    // Of a request that it refuses undici says nothing more; of one that was given up it says so in a job that is queued before this.
    if (handler.isOver) {
      queueMicrotask(() => {
        if (client.stats.size === 0) this.#freed(pooled)
      })
    }
  }

  #connected(pooled: PooledClient): void {
    pooled.isConnected = true
    this.#connectedCount++
  }

  #disconnected(pooled: PooledClient): void {
    pooled.isConnected = false
    this.#connectedCount--
    if (pooled.isBusy) return
    const at = this.#idle.indexOf(pooled)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#keepSpare(pooled)
  }

  /** Its request has been told. Those that wait since before it began are not to wait for longer than it took. */
  #notConnected(pooled: PooledClient, error: Error): void {
    pooled.hasFailed = true
    this.#failWaiting(error, this.#connectedCount === 0 ? this.#turn : pooled.turn)
  }

  #failWaiting(error: Error, lastTurn: number): void {
    for (let next = this.#waiting.oldest; next !== undefined; next = this.#waiting.oldest) {
      if (next.turn > lastTurn) return
      this.#waiting.shift()
      // As undici calls it, too, when a connection cannot be made.
      next.handler.onError?.(error)
    }
  }

  #freed(pooled: PooledClient): void {
    if (!pooled.isBusy) return
    pooled.isBusy = false
    this.#answeredInRound++
    if (pooled.hasFailed) {
      this.#clients.delete(pooled)
      if (this.#waiting.size > 0) this.#reviewSoon()
      return
    }
    const next = this.#waiting.shift()
    if (next !== undefined) this.#send(pooled, next.options, next.handler)
    else if (this.#isRetired) this.#drop(pooled)
    else if (pooled.isConnected) this.#idle.push(pooled)
    else this.#keepSpare(pooled)
  }

  #keepSpare(pooled: PooledClient): void {
    if (this.#isRetired || this.#spare.length >= MAX_SPARE) this.#drop(pooled)
    else this.#spare.push(pooled)
  }

  #drop(pooled: PooledClient): void {
    this.#clients.delete(pooled)
    // Nothing is under way on it: to close it cannot fail.
    void pooled.client.close()
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
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#send(this.#newClient(), next.options, next.handler)
    }
  }
}
