import type {
  Origin,
  OriginExchange,
  OriginRequest,
  OriginResponseSink,
  OriginTarget,
} from '../edges/origin.ts'
import { HoldfastError } from '../errors.ts'
import { originPlaceName } from '../util/originPlace.ts'
import { denyingLookup, refuseDenied } from './denyList.ts'
import { DispatchedExchange } from './dispatchedExchange.ts'
import { OriginPool } from './originPool.ts'
import { identityOf, tlsOptions } from './targetConnection.ts'
import { type ConnectionWatch, createWatchedConnector } from './watchedConnector.ts'

/** How many connections origins get, and how long they may take to answer. */
export interface HttpOriginOptions {
  /** From the request's last byte to the answer's head. `[proxy] origin_timeout`. */
  readonly responseTimeoutMs: number
  /** To one target at one time; undefined: as many as there are requests. `[proxy] origin_maxconn`. */
  readonly maxConnections?: number | undefined
  /** A unix socket behind which all targets are. */
  readonly socketPath?: string
}

/** Time for TCP and TLS to an origin, at most; the operating system's own limit can be minutes. */
const CONNECT_TIMEOUT_MS = 10_000

/** Silence inside a body after which an origin counts as dead. Pushpin: 1800 s. */
const BODY_TIMEOUT_MS = 1_800_000

/**
 * How long an unused connection is kept when the origin does not say. Short, because a connection that the origin closes as
 * we write to it costs a request; an origin that sends `Keep-Alive: timeout=N` gets what it says.
 */
const KEEP_ALIVE_MS = 4_000

/** Header fields of an answer, in bytes. */
const MAX_HEADER_BYTES = 64 * 1024

/** Pools kept at once: with `ssl` a pool belongs to a server name, which follows the client's Host. */
const MAX_POOLS = 1000

/** Origins reached by HTTP/1.1, with a connection pool for each target. */
export class HttpOrigin implements Origin {
  readonly #options: HttpOriginOptions
  readonly #pools = new Map<string, OriginPool>()
  readonly #watch: ConnectionWatch = { isFailing: false }

  constructor(options: HttpOriginOptions) {
    this.#options = options
  }

  request(target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange {
    const exchange = new DispatchedExchange(sink, target, this.#watch)
    try {
      refuseDenied(target)
      const identity = target.tls ? identityOf(target, request.authority) : undefined
      const bodyTimeoutMs = request.isCollected ? this.#options.responseTimeoutMs : undefined
      exchange.dispatchTo(this.#poolFor(target, identity), request, { identity, bodyTimeoutMs })
    } catch (error) {
      exchange.failSoon(notAsked(target, error))
    }
    return exchange
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #poolFor(target: OriginTarget, identity: string | undefined): OriginPool {
    const key = poolKey(target, identity)
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    this.#evictOldest()
    const pool = this.#createPool(target, identity)
    this.#pools.set(key, pool)
    return pool
  }

  #evictOldest(): void {
    if (this.#pools.size < MAX_POOLS) return
    const [oldest] = this.#pools.entries()
    if (oldest === undefined) return
    this.#pools.delete(oldest[0])
    oldest[1].retire()
  }

  #createPool(target: OriginTarget, identity: string | undefined): OriginPool {
    const { socketPath = this.#options.socketPath } = target
    return new OriginPool(poolUrl(target), {
      maxConnections: this.#options.maxConnections,
      headersTimeout: this.#options.responseTimeoutMs,
      bodyTimeout: BODY_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: createWatchedConnector(
        {
          ...(identity === undefined ? {} : tlsOptions(target, identity)),
          ...(target.untrusted ? { lookup: denyingLookup } : {}),
          ...(socketPath === undefined ? {} : { socketPath }),
          timeout: Math.min(CONNECT_TIMEOUT_MS, this.#options.responseTimeoutMs),
        },
        this.#watch,
      ),
    })
  }
}

/** A URL needs a host, also where a unix socket is connected to. */
function poolUrl(target: OriginTarget): string {
  const place = target.socketPath === undefined ? originPlaceName(target) : 'localhost'
  return `${target.tls ? 'https' : 'http'}://${place}`
}

/** Hosts like `256.1.1.1` and certificates that are none are found out only when they are used. */
function notAsked(target: OriginTarget, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  const text = `origin ${originPlaceName(target)}: ${(error as Error).message}`
  return new HoldfastError('ORIGIN_UNREACHABLE', text, { cause: error })
}

/** What keys have of their targets, which for each is the same with all its requests. */
const targetKeys = new WeakMap<OriginTarget, string>()

/** Everything that makes two connections different; no name or path has a line feed in it. */
function poolKey(target: OriginTarget, identity: string | undefined): string {
  let key = targetKeys.get(target)
  if (key === undefined) {
    const flags = `${target.tls ? 's' : ''}${target.insecure ? 'i' : ''}${target.untrusted ? 'u' : ''}`
    key = `${originPlaceName(target)}\n${flags}\n${target.clientCert ?? ''}`
    targetKeys.set(target, key)
  }
  return identity === undefined ? key : `${key}\n${identity}`
}
