import type {
  ClientResponse,
  OriginExchange,
  OriginRequest,
  OriginResponseSink,
  OriginTarget,
} from '../edges.ts'
import { HoldfastError } from '../errors.ts'
import { isInstruct } from '../grip/instruct.ts'
import { rewriteTarget } from '../route/rewriteTarget.ts'
import { type Target, targetName } from '../route/target.ts'
import type { ResponseHead } from '../util/headers.ts'
import { acceptInstruct } from './acceptInstruct.ts'
import { type ErrorAnswer, originFailure, REQUEST_TOO_LARGE, sendError } from './errorAnswer.ts'
import type { BodyTaker, Exchange } from './exchange.ts'
import type { RoutedRequest } from './findRoute.ts'
import { InstructBody } from './instructBody.ts'
import { originHeaders } from './originHeaders.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { RelayedBody } from './relayedBody.ts'
import { RequestBody } from './requestBody.ts'
import { logRequest, type RequestResult } from './requestLog.ts'

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

/**
 * One request on its way to the origin and back. It is what the origin's answer is told to; the parts of the answer's body go to the
 * taker that the head calls for.
 *
 *     reading --body read ahead--> asking --head--> taking --end--> done
 *     asking --target unreachable, another is left--> asking
 *     asking --failed--> done (502, 504)        taking --failed--> done (as the taker does)
 *     any --client left--> done
 */
export class ProxiedRequest implements Exchange, OriginResponseSink {
  readonly environment: ProxyEnvironment
  readonly routed: RoutedRequest
  readonly response: ClientResponse
  readonly #body: RequestBody
  #path = ''
  #headers: readonly string[] = []
  #targetIndex = 0
  #exchange: OriginExchange | undefined
  #taker: BodyTaker | undefined
  #isDone = false

  constructor(environment: ProxyEnvironment, routed: RoutedRequest, response: ClientResponse) {
    this.environment = environment
    this.routed = routed
    this.response = response
    this.#body = new RequestBody(routed.request)
  }

  start(): void {
    const { route, request } = this.routed
    this.#path = rewriteTarget(route, request.target)
    this.#headers = originHeaders(this.environment, this.routed, true)
    this.response.onClose = () => this.clientLeft()
    this.#body.prefetch(() => this.#ask())
  }

  get targetName(): string {
    const target = this.routed.route.targets[this.#targetIndex]
    return target === undefined ? '' : targetName(target)
  }

  get debug(): boolean {
    return this.environment.options.debug || this.routed.route.debug
  }

  resume(): void {
    this.#exchange?.resume()
  }

  onInformational(head: ResponseHead): void {
    this.response.informational(head)
  }

  onHead(head: ResponseHead): void {
    if (this.routed.trusted || !isInstruct(head)) {
      this.#taker = new RelayedBody(this, head)
      return
    }
    this.#taker = new InstructBody(this, head)
  }

  onData(chunk: Buffer): boolean {
    return this.#taker === undefined || this.#taker.data(chunk)
  }

  onEnd(): void {
    if (!this.#isDone) this.#taker?.end()
  }

  onError(error: HoldfastError): void {
    if (this.#isDone) return
    if (this.#taker !== undefined) this.#taker.failed(error)
    else if (error.code === 'ORIGIN_UNREACHABLE' && this.#hasNextTarget()) this.#askNext(error)
    else this.fail(error)
  }

  accept(head: ResponseHead, body: Buffer): void {
    if (this.#body.isTooLarge) {
      this.#answerError(REQUEST_TOO_LARGE)
      return
    }
    this.response.onClose = undefined
    this.finish(acceptInstruct(this, head, body))
  }

  fail(error: HoldfastError): void {
    this.environment.log.debug(
      `${this.routed.request.method} ${this.routed.request.target}: ${error.message}`,
    )
    const tried = this.routed.route.targets.slice(0, this.#targetIndex + 1).map(targetName)
    this.#answerError(originFailure(error, tried))
  }

  #answerError(answer: ErrorAnswer): void {
    this.#exchange?.abort()
    const bodyBytes = sendError(this.response, answer, this.debug)
    this.finish({ status: answer.status, bodyBytes })
  }

  finish(result: RequestResult): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#body.discard()
    logRequest(this.environment.log, this.environment.options, {
      routed: this.routed,
      target: this.targetName,
      result,
    })
  }

  get implicitChannels(): readonly string[] {
    return this.routed.route.targets[this.#targetIndex]?.subs ?? []
  }

  breakOff(error: HoldfastError, breakClient = (): void => this.response.abort()): void {
    this.environment.log.warn(`answer of ${this.targetName} broke off: ${error.message}`)
    this.#exchange?.abort()
    breakClient()
    this.finish('error')
  }

  clientLeft(): void {
    this.#exchange?.abort()
    this.finish('error')
  }

  #hasNextTarget(): boolean {
    return this.#targetIndex + 1 < this.routed.route.targets.length && !this.#body.isTooLarge
  }

  #askNext(error: HoldfastError): void {
    this.environment.log.warn(`${error.message}; trying the next target`)
    this.#targetIndex++
    this.#ask()
  }

  #ask(): void {
    if (this.#isDone) return
    const target = this.routed.route.targets[this.#targetIndex]
    if (target === undefined) {
      this.fail(new HoldfastError('ORIGIN_UNREACHABLE', 'the route has no target'))
      return
    }
    const { request, route } = this.routed
    const asked: OriginRequest = {
      method: request.method,
      path: this.#path,
      authority: target.hostOverride ?? route.asHost ?? request.authority,
      headers: this.#headers,
      body: this.#body.forOrigin(),
      bodyLength: request.bodyLength,
    }
    const attempt = this.#targetIndex
    const exchange = this.#send(target, asked)
    // One that failed at once has led to the next target already.
    if (attempt === this.#targetIndex) this.#exchange = exchange
  }

  #send(target: Target, asked: OriginRequest): OriginExchange {
    if (target.kind === 'http') return this.environment.origin.request(target, asked, this)
    const name = targetName(target)
    const origin = this.environment.localOrigins.get(name)
    if (origin === undefined) throw new HoldfastError('ROUTE_INVALID', `no in-process origin named '${name}'`)
    return origin.request(LOCAL_TARGET, { ...asked, path: localPath(this.routed, asked.path) }, this)
  }
}

/** In-process origins see the path below the route's own. Pushpin: the `test` target. */
function localPath(routed: RoutedRequest, path: string): string {
  const { pathBeg } = routed.route
  const base = pathBeg.endsWith('/') ? pathBeg.slice(0, -1) : pathBeg
  const rest = path.startsWith(base) ? path.slice(base.length) : path
  return rest.startsWith('/') ? rest : `/${rest}`
}
