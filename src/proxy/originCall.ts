import type { OriginExchange, OriginRequest, OriginResponseSink, OriginTarget } from '../edges.ts'
import { type ErrorCode, HoldfastError } from '../errors.ts'
import type { Route } from '../route/route.ts'
import { type Target, targetName } from '../route/target.ts'
import type { OriginOutcome } from '../stats/counters.ts'
import { headBytes, requestBytes } from '../stats/headBytes.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { warnOfRoute } from './routeWarnings.ts'

/** In-process origins are found by name, not by address. */
const LOCAL_TARGET: OriginTarget = {
  host: 'local',
  port: 0,
  tls: false,
  untrusted: false,
  trustConnectHost: false,
  insecure: false,
  clientCert: undefined,
  clientKey: undefined,
}

/** What failed attempts count as. */
const FAILURES: Partial<Record<ErrorCode, OriginOutcome>> = {
  ORIGIN_UNREACHABLE: 'unreachable',
  ORIGIN_TIMEOUT: 'timeout',
  ORIGIN_BROKEN: 'broken',
  ORIGIN_DENIED: 'denied',
}

/** A body that can be had for each attempt. */
export interface QuestionBody {
  /** So much was sent that it cannot be sent again. */
  readonly isTooLarge: boolean
  forOrigin(): OriginRequest['body']
}

/** What is asked of a route's origin: a request but for its Host, which the target may set. */
export interface OriginQuestion {
  readonly method: string
  /** After the route's rewriting. */
  readonly path: string
  /** The Host where neither target nor route set one. */
  readonly authority: string
  readonly headers: readonly string[]
  readonly body: QuestionBody | undefined
  readonly bodyLength: number | undefined
}

/**
 * One question to a route's origin: its targets are tried in order until one accepts a connection. What is told to the sink is the
 * answer of that one.
 *
 *     asking --unreachable, another is left--> asking
 *     asking --head--> answering --> done          any --abort--> done
 */
export class OriginCall implements OriginResponseSink, OriginExchange {
  readonly #environment: ProxyEnvironment
  readonly #route: Route
  readonly #question: OriginQuestion
  readonly #sink: OriginResponseSink
  #targetIndex = 0
  #exchange: OriginExchange | undefined
  readonly #traffic: RouteTraffic
  #askedMs = 0
  #isAborted = false
  #isAnswering = false

  constructor(
    environment: ProxyEnvironment,
    call: { readonly route: Route; readonly question: OriginQuestion; readonly sink: OriginResponseSink },
  ) {
    this.#environment = environment
    this.#route = call.route
    this.#question = call.question
    this.#sink = call.sink
    this.#traffic = environment.stats.traffic.of(call.route)
  }

  /** The target that is asked now. */
  get target(): Target | undefined {
    return this.#route.targets[this.#targetIndex]
  }

  /** Names of the targets that were asked so far. */
  get tried(): readonly string[] {
    return this.#route.targets.slice(0, this.#targetIndex + 1).map(targetName)
  }

  start(): void {
    const { target } = this
    if (target === undefined) {
      this.#sink.onError(new HoldfastError('ORIGIN_UNREACHABLE', 'the route has no target'))
      return
    }
    const { body, ...rest } = this.#question
    const authority = target.hostOverride ?? this.#route.asHost ?? rest.authority
    const attempt = this.#targetIndex
    const asked = { ...rest, authority, body: body?.forOrigin() }
    this.#countAsked(asked)
    const exchange = this.#send(target, asked)
    // A target that fails at once has let the next one be asked already.
    if (attempt === this.#targetIndex) this.#exchange = exchange
  }

  resume(): void {
    this.#exchange?.resume()
  }

  abort(): void {
    this.#isAborted = true
    this.#exchange?.abort()
  }

  onInformational(head: ResponseHead): void {
    this.#sink.onInformational(head)
  }

  onHead(head: ResponseHead): void {
    this.#isAnswering = true
    this.#countAnswered(head)
    this.#sink.onHead(head)
  }

  onData(chunk: Buffer): boolean {
    this.#traffic.serverContentBytesReceived += chunk.length
    return this.#sink.onData(chunk)
  }

  onEnd(): void {
    this.#sink.onEnd()
  }

  onError(error: HoldfastError): void {
    if (this.#isAborted) return
    this.#countFailed(error)
    if (this.#isAnswering || error.code !== 'ORIGIN_UNREACHABLE' || !this.#hasNextTarget()) {
      this.#sink.onError(error)
      return
    }
    const text = `${error.message}; trying the next target`
    warnOfRoute(this.#environment, this.#route, { kind: 'failover', text, code: error.code })
    this.#targetIndex++
    this.start()
  }

  /** Of a body that streams, the bytes are counted as they come from the client: see ProxiedRequest. */
  #countAsked({ method, path, headers, body }: OriginRequest): void {
    this.#askedMs = this.#environment.clock.now()
    this.#traffic.serverHeaderBytesSent += requestBytes(method, path, headers)
    if (Buffer.isBuffer(body)) this.#traffic.serverContentBytesSent += body.length
  }

  #countAnswered(head: ResponseHead): void {
    const { stats, clock } = this.#environment
    stats.originLatency.observe(clock.now() - this.#askedMs)
    stats.counters.origin.answered++
    this.#traffic.serverHeaderBytesReceived += headBytes(head)
  }

  #countFailed({ code }: HoldfastError): void {
    const outcome = FAILURES[code]
    if (outcome !== undefined) this.#environment.stats.counters.origin[outcome]++
  }

  /** A body that was too large to keep is gone with the first attempt. */
  #hasNextTarget(): boolean {
    return this.#targetIndex + 1 < this.#route.targets.length && this.#question.body?.isTooLarge !== true
  }

  #send(target: Target, asked: OriginRequest): OriginExchange {
    if (target.kind === 'http') return this.#environment.origin.request(target, asked, this)
    const name = targetName(target)
    const origin = this.#environment.localOrigins.get(name)
    if (origin === undefined) throw new HoldfastError('ROUTE_INVALID', `no in-process origin named '${name}'`)
    return origin.request(LOCAL_TARGET, { ...asked, path: localPath(this.#route, asked.path) }, this)
  }
}

/** In-process origins see the path below the route's own. Pushpin: the `test` target. */
function localPath({ pathBeg }: Route, path: string): string {
  const base = pathBeg.endsWith('/') ? pathBeg.slice(0, -1) : pathBeg
  const rest = path.startsWith(base) ? path.slice(base.length) : path
  return rest.startsWith('/') ? rest : `/${rest}`
}
