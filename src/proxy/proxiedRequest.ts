import type { ClientResponse } from '../edges/client.ts'
import type { OriginResponseSink } from '../edges/origin.ts'
import type { HoldfastError } from '../errors.ts'
import type { Instruct } from '../grip/instruct.ts'
import { isInstruct } from '../grip/instruct.ts'
import { clientHeaders } from '../grip/responseHeaders.ts'
import type { LastId } from '../hold/lastId.ts'
import type { ChannelRequest, NewestIds } from '../hub/hub.ts'
import { rewriteTarget } from '../route/rewriteTarget.ts'
import { targetName } from '../route/target.ts'
import type { Connection } from '../stats/connections.ts'
import type { ResponseHead } from '../util/headers.ts'
import { acceptInstruct, channelsToOpen, readInstruct } from './acceptInstruct.ts'
import { ScriptedResponse } from './crossOrigin/scriptedResponse.ts'
import {
  type ErrorAnswer,
  originFailure,
  PROXYING_FAILED,
  REQUEST_TOO_LARGE,
  ROUTE_NOT_FOUND,
  sendError,
} from './errorAnswer.ts'
import type { BodyTaker, Exchange } from './exchange.ts'
import { findRouteAgain, type RoutedRequest } from './findRoute.ts'
import { InstructBody } from './instructBody.ts'
import { openConnection } from './openConnection.ts'
import { OriginCall } from './originCall.ts'
import { lastIdHeaders, originHeaders } from './originHeaders.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { endToEndHeaders, RelayedBody } from './relayedBody.ts'
import { RequestBody } from './requestBody.ts'
import { logRequest, type RequestResult } from './requestLog.ts'
import { explainMistake, isLostPublish, withMistake } from './routeMistakes.ts'
import { warnOfOrigin } from './routeWarnings.ts'

/** A further question: about which channels, and what the client has of them. */
interface Retry {
  readonly names: readonly string[]
  readonly lastIds: readonly LastId[]
  readonly onSettled: () => void
}

/**
 * One request on its way to the origin and back. It is what the origin's answer is told to; the parts of the answer's body go to the
 * taker that the head calls for.
 *
 *     reading --body read ahead--> asking --head--> taking --end--> done
 *     asking --target unreachable, another is left--> asking
 *     asking --failed--> done (502, 504)        taking --failed--> done (as the taker does)
 *     any --client left--> done
 *     done (held) --retry--> asking
 */
export class ProxiedRequest implements Exchange, OriginResponseSink {
  readonly environment: ProxyEnvironment
  readonly response: ClientResponse
  readonly connection: Connection
  routed: RoutedRequest
  newestIds: NewestIds | undefined
  readonly #body: RequestBody
  #call: OriginCall | undefined
  #taker: BodyTaker | undefined
  #isDone = false
  #onSettled: (() => void) | undefined
  #lastIds: readonly LastId[] | undefined

  constructor(environment: ProxyEnvironment, routed: RoutedRequest, response: ClientResponse) {
    this.environment = environment
    this.routed = routed
    this.response = response
    this.connection = openConnection(environment, routed)
    this.#body = new RequestBody(routed.request)
  }

  start(): void {
    this.response.onClose = () => this.clientLeft()
    this.#body.prefetch(() => this.#ask([]))
  }

  get targetName(): string {
    const target = this.#call?.target
    return target === undefined ? '' : targetName(target)
  }

  get isRetry(): boolean {
    return this.newestIds !== undefined
  }

  get debug(): boolean {
    return this.environment.options.debug || this.routed.route.debug
  }

  get implicitChannels(): readonly string[] {
    return this.#call?.target?.subs ?? []
  }

  get isRequestTooLarge(): boolean {
    return this.#body.isTooLarge
  }

  resume(): void {
    this.#call?.resume()
  }

  onInformational(head: ResponseHead): void {
    const headers = this.routed.trusted ? endToEndHeaders(head.headers) : clientHeaders(head.headers)
    this.response.informational({ ...head, headers })
  }

  onHead(head: ResponseHead): void {
    if (head.status >= 400 && isLostPublish(this.routed.request))
      explainMistake(this.environment, this.routed, 'publishOnClientPort')
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
    else this.fail(error)
  }

  accept(head: ResponseHead, body: Buffer): void {
    if (this.#body.isTooLarge) {
      this.#answerError(REQUEST_TOO_LARGE)
      return
    }
    const instruct = readInstruct(this, { head, body })
    const channels = channelsToOpen(this, instruct)
    this.environment.holds.feed.open(channels, () => this.#follow(instruct))
  }

  #follow(instruct: Instruct | HoldfastError): void {
    // The client may have left while the channels were opened.
    if (this.#isDone) return
    this.response.onClose = undefined
    if (this.response instanceof ScriptedResponse) this.response.source = 'held'
    const call = this.#call
    const result = acceptInstruct(this, instruct)
    // A hold that lacks something may have asked again before it could be called accepted.
    if (result !== 'retry' && this.#call === call) this.finish(result)
  }

  retry(lastIds: readonly LastId[], onSettled: () => void): void {
    const names = lastIds.map(({ channel }) => this.routed.route.prefix + channel)
    this.#retry({ names, lastIds, onSettled })
  }

  #retry({ names, lastIds, onSettled }: Retry): void {
    this.#settle()
    this.newestIds = this.environment.holds.hub.newestIds(names)
    this.#lastIds = lastIds
    this.connection.traffic.activity++
    this.#isDone = false
    this.#taker = undefined
    this.#onSettled = onSettled
    this.response.onClose = () => this.clientLeft()
    const routed = findRouteAgain(this.environment, this.routed)
    if (routed === undefined) {
      this.#answerError(ROUTE_NOT_FOUND)
      return
    }
    this.routed = routed
    if (this.#body.isTooLarge) this.#answerError(REQUEST_TOO_LARGE)
    else this.#ask(lastIds)
  }

  askAgain(channels: readonly ChannelRequest[], lastIds: readonly LastId[]): void {
    const { updates } = this.environment.holds
    const lane = this.routed.route.id
    const again = { names: channels.map(({ name }) => name), lastIds: this.#lastIds ?? lastIds }
    const update = { runUpdate: (onSettled: () => void) => this.#retry({ ...again, onSettled }) }
    this.response.onClose = () => {
      updates.cancel(lane, update)
      this.clientLeft()
    }
    updates.request(lane, update, { isUrgent: !this.isRetry })
  }

  fail(error: HoldfastError): void {
    if (this.#isDone) return
    warnOfOrigin(this.environment, this.routed, error)
    const answer = originFailure(error, this.#call?.tried ?? [])
    this.#answerError(this.#explained(answer))
  }

  failHeld(text: string): void {
    sendError(this.response, { status: 502, text: PROXYING_FAILED, debugText: text }, this.debug)
  }

  finish(result: RequestResult): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#body.discard()
    this.#countBody()
    logRequest(this.environment, {
      routed: this.routed,
      target: this.targetName || undefined,
      isRetry: this.isRetry,
      result,
    })
    this.#settle()
    if (result !== 'accept') this.environment.stats.connections.close(this.connection)
  }

  breakOff(error: HoldfastError, breakClient = (): void => this.response.abort()): void {
    this.environment.log.warn(`answer of ${this.targetName} broke off: ${error.message}`, {
      code: error.code,
    })
    this.#call?.abort()
    breakClient()
    this.finish('error')
  }

  clientLeft(): void {
    this.#call?.abort()
    this.finish('error')
  }

  #countBody(): void {
    const { traffic } = this.connection
    const bytes = this.#body.takeReceivedBytes()
    traffic.clientContentBytesReceived += bytes
    if (this.#body.isStreaming) traffic.serverContentBytesSent += bytes
  }

  #explained(answer: ErrorAnswer): ErrorAnswer {
    if (!isLostPublish(this.routed.request)) return answer
    explainMistake(this.environment, this.routed, 'publishOnClientPort')
    return withMistake(answer, 'publishOnClientPort')
  }

  #answerError(answer: ErrorAnswer): void {
    this.#call?.abort()
    const bodyBytes = sendError(this.response, answer, this.debug)
    this.finish({ status: answer.status, bodyBytes })
  }

  /** The question that was asked in its turn is answered, or will not be. */
  #settle(): void {
    const onSettled = this.#onSettled
    this.#onSettled = undefined
    onSettled?.()
  }

  #ask(lastIds: readonly LastId[]): void {
    if (this.#isDone) return
    const { request, route } = this.routed
    const headers = originHeaders(this.environment, this.routed, true)
    const question = {
      method: request.method,
      path: rewriteTarget(route, request.target),
      authority: request.authority,
      headers: lastIds.length === 0 ? headers : [...headers, ...lastIdHeaders(lastIds)],
      body: this.#body,
      bodyLength: request.bodyLength,
    }
    this.#call = new OriginCall(this.environment, { route, question, sink: this })
    this.#call.start()
  }
}
