import type { Dispatcher } from 'undici'
import type { OriginExchange, OriginRequest, OriginResponseSink, OriginTarget } from '../edges/origin.ts'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import { isFieldText, wireFromText } from '../grip/headerText.ts'
import { reasonFor } from '../grip/statusReasons.ts'
import type { RawHeaders } from '../util/headers.ts'
import { originPlaceName } from '../util/originPlace.ts'
import type { OriginPool } from './originPool.ts'
import type { PooledConnection, PooledExchange } from './pooledClient.ts'
import { hasUnknownCoding, UNKNOWN_CODING } from './transferCoding.ts'
import type { ConnectionWatch } from './watchedConnector.ts'

type Abort = (error?: Error) => void

/**
 * One request under way in undici. Uses undici's raw handler methods: they hand header fields over as they stood on the
 * wire, and spare the objects that the newer methods build.
 *
 *     waiting --connected--> sent --first byte--> answering --end--> done
 *     waiting, sent --connection was stale--> waiting
 *     any --error--> failed          any --abort--> given up, nothing is told any more
 */
export class DispatchedExchange implements OriginExchange, PooledExchange {
  readonly #sink: OriginResponseSink
  readonly #target: OriginTarget
  readonly #watch: ConnectionWatch
  #state: 'waiting' | 'sent' | 'answering' | 'done' = 'waiting'
  #status = 0
  #hasBody = false
  #isRepeatable = false
  #connection: PooledConnection | undefined
  #abort: Abort | undefined
  #resume: (() => void) | undefined

  constructor(sink: OriginResponseSink, target: OriginTarget, watch: ConnectionWatch) {
    this.#sink = sink
    this.#watch = watch
    this.#target = target
  }

  get isOver(): boolean {
    return this.#state === 'done'
  }

  /**
   * Sends it. `identity` is what the pool's certificates are checked against; undefined without TLS. `bodyTimeoutMs` is how long the
   * answer's body may pause, where that is less than for others.
   */
  dispatchTo(
    pool: OriginPool,
    request: OriginRequest,
    { identity, bodyTimeoutMs }: { identity: string | undefined; bodyTimeoutMs: number | undefined },
  ): void {
    const headers = ['Host', request.authority, ...request.headers]
    if (request.bodyLength !== undefined) headers.push('Content-Length', String(request.bodyLength))
    const options = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.path,
      headers,
      body: request.body ?? null,
      // Where undici has to find it out, a Host field of another name costs the pool its connections.
      ...(identity === undefined ? {} : { servername: identity }),
      ...(bodyTimeoutMs === undefined ? {} : { bodyTimeout: bodyTimeoutMs }),
    }
    this.#isRepeatable = isRepeatable(request)
    pool.dispatch(options, this)
  }

  /** Reports a failure when the caller has had time to take the exchange. */
  failSoon(error: HoldfastError): void {
    queueMicrotask(() => this.#fail(error))
  }

  resume(): void {
    this.#resume?.()
  }

  abort(): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#abort?.(new Error('given up by the proxy'))
  }

  onAssigned(connection: PooledConnection): void {
    this.#connection = connection
  }

  onConnect(abort: Abort): void {
    if (this.#state === 'done') {
      abort(new Error('given up by the proxy'))
      return
    }
    this.#abort = abort
    this.#state = 'sent'
  }

  onResponseStarted(): void {
    if (this.#state === 'sent') this.#state = 'answering'
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void, reason: string): boolean {
    if (this.#state === 'done') return true
    // Passed on, 101 would make the client take what follows for another protocol. RFC 9110 §15.2.2.
    if (status < 100 || status === 101) {
      this.#abort?.(new Error(status === 101 ? 'it answered 101 unasked' : `status ${status} is none`))
      return true
    }
    const head = { status, reason: wireReason(status, reason), headers: decodeHeaders(rawHeaders) }
    if (status < 200) {
      this.#sink.onInformational(head)
      return true
    }
    if (hasUnknownCoding(head.headers)) {
      this.#abort?.(new Error(UNKNOWN_CODING))
      return true
    }
    this.#resume = resume
    this.#status = status
    this.#sink.onHead(head)
    return true
  }

  onData(chunk: Buffer): boolean {
    this.#hasBody = true
    return this.#state === 'done' || this.#sink.onData(chunk)
  }

  onComplete(): void {
    if (this.#state === 'done') return
    if (this.#watch.isFailing) {
      this.onError(new Error('the connection was reset within the body'))
      return
    }
    this.#end()
  }

  onError(error: Error): void {
    if (this.#isStaleConnection(error) && this.#connection?.repeat()) {
      this.#state = 'waiting'
      return
    }
    if (this.#isBodiless()) {
      this.#end()
      return
    }
    const code = this.#state === 'waiting' ? connectFailure(error) : exchangeFailure(error)
    const place = originPlaceName(this.#target)
    this.#fail(new HoldfastError(code, `origin ${place}: ${describe(error)}`, { cause: error }))
  }

  /**
   * The origin closed an unused connection before the request went out on it, or as it did: nobody has seen the request.
   * RFC 9112 §9.3.1.
   */
  #isStaleConnection(error: Error): boolean {
    const mayRepeat = this.#state === 'waiting' || (this.#state === 'sent' && this.#isRepeatable)
    if (!mayRepeat || !this.#connection?.isUsed) return false
    const code = 'code' in error ? error.code : undefined
    return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
  }

  /** undici waits in vain for a body where Content-Length only says what that of another answer would have. RFC 9110 §8.6. */
  #isBodiless(): boolean {
    return this.#state === 'answering' && !this.#hasBody && (this.#status === 304 || this.#status === 204)
  }

  /** What throws while it takes the end must not leave the client without an answer. */
  #end(): void {
    this.#state = 'done'
    try {
      this.#sink.onEnd()
    } catch (error) {
      const text = `origin ${originPlaceName(this.#target)}: ${describe(error as Error)}`
      this.#sink.onError(new HoldfastError('ORIGIN_BROKEN', text, { cause: error }))
    }
  }

  #fail(error: HoldfastError): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#sink.onError(error)
  }
}

/** Methods that may be sent twice. RFC 9110 §9.2.2. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

function isRepeatable({ method, body, mayRepeat = false }: OriginRequest): boolean {
  return (mayRepeat || IDEMPOTENT_METHODS.has(method)) && (body === undefined || Buffer.isBuffer(body))
}

function decodeHeaders(raw: readonly Buffer[]): RawHeaders {
  const headers = new Array<string>(raw.length)
  for (let i = 0; i < raw.length; i++) headers[i] = (raw[i] as Buffer).toString('latin1')
  return headers
}

/**
 * undici reads the reason as UTF-8 and does not check it: what stands for characters that one byte cannot hold must go back to
 * its bytes, or it would turn into other characters on the client's wire, line breaks among them.
 */
function wireReason(status: number, reason: string): string {
  const wire = wireFromText(reason)
  return isFieldText(wire) ? wire : reasonFor(status)
}

function connectFailure(error: Error): ErrorCode {
  if (error instanceof HoldfastError) return error.code
  // A request that undici refuses to send is not the target's failure: the next target would get the same.
  return 'code' in error && error.code === 'UND_ERR_INVALID_ARG' ? 'ORIGIN_BROKEN' : 'ORIGIN_UNREACHABLE'
}

function exchangeFailure(error: Error): ErrorCode {
  const code = 'code' in error ? error.code : undefined
  return code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
    ? 'ORIGIN_TIMEOUT'
    : 'ORIGIN_BROKEN'
}

/** Several addresses of one name fail as an AggregateError without a message of its own. */
function describe(error: Error): string {
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
