import type { OriginExchange, OriginRequest, OriginResponseSink } from '../edges/origin.ts'
import { HoldfastError } from '../errors.ts'
import type { Route } from '../route/route.ts'
import { type Target, targetName } from '../route/target.ts'
import { headBytes } from '../stats/headBytes.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { ResponseHead } from '../util/headers.ts'
import { hostField } from '../util/hostField.ts'
import { findLocalOrigin, LOCAL_TARGET, localPath } from './localTarget.ts'
import { countAnswered, countAsked, countFailure } from './originCounts.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { warnOfRoute } from './routeWarnings.ts'

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
    const { method, path, authority, headers, body, bodyLength } = this.#question
    const attempt = this.#targetIndex
    const asked: OriginRequest = {
      method,
      path,
      authority: hostField(target, this.#route.asHost ?? authority),
      headers,
      body: body?.forOrigin(),
      bodyLength,
    }
    this.#askedMs = this.#environment.clock.now()
    countAsked(this.#traffic, asked)
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
    countAnswered(this.#environment, this.#askedMs)
    this.#traffic.serverHeaderBytesReceived += headBytes(head)
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
    countFailure(this.#environment.stats.counters, error)
    if (this.#isAnswering || error.code !== 'ORIGIN_UNREACHABLE' || !this.#hasNextTarget()) {
      this.#sink.onError(error)
      return
    }
    const text = `${error.message}; trying the next target`
    warnOfRoute(this.#environment, this.#route, { kind: 'failover', text, code: error.code })
    this.#targetIndex++
    this.start()
  }

  /** A body that was too large to keep is gone with the first attempt. */
  #hasNextTarget(): boolean {
    return this.#targetIndex + 1 < this.#route.targets.length && this.#question.body?.isTooLarge !== true
  }

  #send(target: Target, asked: OriginRequest): OriginExchange {
    if (target.kind === 'http') return this.#environment.origin.request(target, asked, this)
    const origin = findLocalOrigin(this.#environment, target)
    return origin.request(LOCAL_TARGET, { ...asked, path: localPath(this.#route, target, asked.path) }, this)
  }
}
