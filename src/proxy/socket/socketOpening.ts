import type { OriginOpening, OriginSocket, OriginSocketSink } from '../../edges/originSocket.ts'
import type { ClientHandshake } from '../../edges/socket.ts'
import type { HoldfastError } from '../../errors.ts'
import { findGripEntry, parseGripAcceptance } from '../../grip/gripExtension.ts'
import { clientHeaders, withoutConnectionFields } from '../../grip/responseHeaders.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import { type Target, targetName } from '../../route/target.ts'
import type { Connection } from '../../stats/connections.ts'
import { countAnswer } from '../../stats/headBytes.ts'
import { filterHeaders, type ResponseHead } from '../../util/headers.ts'
import { originFailure } from '../errorAnswer.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { openConnection } from '../openConnection.ts'
import { countAnswered, countFailure } from '../originCounts.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'
import { logRequest, type RequestResult } from '../requestLog.ts'
import { explainMistake, refusalMistake } from '../routeMistakes.ts'
import { warnOfOrigin, warnOfRoute } from '../routeWarnings.ts'
import { openTarget } from './openTarget.ts'
import { offersGrip } from './socketHeaders.ts'
import { SocketRelay } from './socketRelay.ts'

/** Fields of the origin's handshake that are not for the client. */
const HANDSHAKE_FIELDS: ReadonlySet<string> = new Set(['sec-websocket-accept', 'sec-websocket-extensions'])

/**
 * A client's handshake on its way: the route's targets are tried in order until one accepts a connection, and what that one
 * answers is the client's answer.
 *
 *     opening --unreachable, another is left--> opening
 *     opening --101--> done: a SocketRelay goes on
 *     opening --refused, failed--> done: the client is answered (as the origin says, 502, 504)
 *     opening --client left--> done
 */
export class SocketOpening implements OriginSocketSink {
  readonly #environment: ProxyEnvironment
  readonly #routed: RoutedRequest
  readonly #handshake: ClientHandshake
  readonly #connectionId: string
  readonly #connection: Connection
  #targetIndex = 0
  #askedMs = 0
  #opening: OriginOpening | undefined

  constructor(environment: ProxyEnvironment, routed: RoutedRequest, handshake: ClientHandshake) {
    this.#environment = environment
    this.#routed = routed
    this.#handshake = handshake
    this.#connectionId = crypto.randomUUID()
    const isToldId = routed.route.targets.some(({ overHttp }) => overHttp)
    this.#connection = openConnection(environment, routed, isToldId ? this.#connectionId : undefined)
  }

  start(): void {
    this.#handshake.onClose = () => {
      this.#opening?.abort()
      this.#finish('error')
    }
    this.#tryTarget()
  }

  onOpen(head: ResponseHead, origin: OriginSocket): void {
    this.#countAnswered()
    const { route, secure, request } = this.#routed
    const answer = { ...head, headers: this.#acceptedHeaders(head) }
    this.#handshake.onClose = undefined
    const client = this.#handshake.accept(answer)
    countAnswer(this.#connection.traffic, answer, 0)
    this.#log({ status: 101, bodyBytes: 0 })
    const relay = new SocketRelay(this.#environment, client, {
      held: { route, secure, authority: request.authority, target: request.target },
      connection: this.#connection,
      origin,
      terms: this.#isGripOffered ? parseGripAcceptance(head.headers) : undefined,
      isGripOffered: this.#isGripOffered,
      implicitChannels: this.#target.subs,
    })
    relay.begin()
  }

  onRefused(head: ResponseHead, body: Buffer): void {
    this.#countAnswered()
    const mistake = refusalMistake(this.#target, head)
    if (mistake !== undefined) explainMistake(this.#environment, this.#routed, mistake)
    const headers = this.#routed.trusted ? withoutConnectionFields(head.headers) : clientHeaders(head.headers)
    this.#refuse({ ...head, headers: filterHeaders(headers, (name) => !HANDSHAKE_FIELDS.has(name)) }, body)
  }

  onError(error: HoldfastError): void {
    if (!this.#target.overHttp) countFailure(this.#environment.counters, error)
    const { route } = this.#routed
    if (error.code === 'ORIGIN_UNREACHABLE' && this.#targetIndex + 1 < route.targets.length) {
      const text = `${error.message}; trying the next target`
      warnOfRoute(this.#environment, route, { kind: 'failover', text, code: error.code })
      this.#targetIndex++
      this.#tryTarget()
      return
    }
    this.#fail(error)
  }

  get #target(): Target {
    return this.#routed.route.targets[this.#targetIndex] as Target
  }

  #tryTarget(): void {
    this.#askedMs = this.#environment.clock.now()
    const attempt = this.#targetIndex
    const request = { routed: this.#routed, connectionId: this.#connectionId }
    const opening = openTarget(this.#environment, request, { target: this.#target, sink: this })
    // A target that fails at once has let the next one be tried already.
    if (attempt === this.#targetIndex) this.#opening = opening
  }

  /** An origin's instructions are not ours to follow where a GRIP proxy in front of us does. */
  get #isGripOffered(): boolean {
    return !this.#routed.trusted && offersGrip(this.#routed)
  }

  /** That proxy gets to see how the origin has accepted GRIP; Pushpin means to and does not. */
  #acceptedHeaders({ headers }: ResponseHead): string[] {
    const { trusted } = this.#routed
    const passed = trusted ? withoutConnectionFields(headers) : clientHeaders(headers)
    const own = filterHeaders(passed, (name) => !HANDSHAKE_FIELDS.has(name))
    const entry = trusted && offersGrip(this.#routed) ? findGripEntry(headers) : undefined
    return entry === undefined ? own : [...own, 'Sec-WebSocket-Extensions', entry]
  }

  #fail(error: HoldfastError): void {
    const { options } = this.#environment
    const { route } = this.#routed
    warnOfOrigin(this.#environment, this.#routed, error)
    const tried = route.targets.slice(0, this.#targetIndex + 1).map(targetName)
    const { status, text, debugText } = originFailure(error, tried)
    const body = Buffer.from(`${options.debug || route.debug ? (debugText ?? text) : text}\n`)
    this.#refuse({ status, reason: reasonFor(status), headers: ['Content-Type', 'text/plain'] }, body)
  }

  #refuse(head: ResponseHead, body: Buffer): void {
    this.#handshake.onClose = undefined
    this.#handshake.refuse(head, body)
    countAnswer(this.#connection.traffic, head, body.length)
    this.#finish({ status: head.status, bodyBytes: body.length })
  }

  #finish(result: RequestResult): void {
    this.#environment.stats.connections.close(this.#connection)
    this.#log(result)
  }

  #log(result: RequestResult): void {
    logRequest(this.#environment, { routed: this.#routed, target: targetName(this.#target), result })
  }

  /** Requests that carry a WebSocket over HTTP are counted one by one: see openTarget. */
  #countAnswered(): void {
    if (!this.#target.overHttp) countAnswered(this.#environment, this.#askedMs)
  }
}
