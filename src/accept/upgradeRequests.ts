import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { reasonFor } from '../grip/statusReasons.ts'
import { removeHttpListeners } from './detachSocket.ts'
import { answerAndClose } from './earlyError.ts'
import { headWithoutUpgrade, holdBack } from './holdBack.ts'
import type { HttpExchange } from './httpExchange.ts'
import type { Pipeline } from './pipeline.ts'
import type { RefusalLog } from './refusalLog.ts'
import { type RequestLimits, readRequestHead } from './requestHead.ts'
import { takeEarlyFrames } from './webSocket/earlyFrames.ts'
import { asksForWebSocket } from './webSocket/handshakeRequest.ts'
import type { HandshakeTaker } from './webSocket/handshakeTaker.ts'

/** Which methods are served is known to the origins; these are sure to be let through. RFC 9110 §15.5.6. */
const ALLOWED = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n'

/** What requests for another protocol are taken with. */
export interface UpgradeRequestsOptions {
  readonly pipeline: Pipeline
  readonly handshakes: HandshakeTaker
  readonly refusals: RefusalLog
  readonly limits: RequestLimits
  /** Serves the connection from its beginning once more, with the bytes that were put back. */
  readonly serveAgain: (connection: Duplex) => void
}

/** Requests that `node:http` gives up with their connections, because they ask for another protocol. */
export class UpgradeRequests {
  readonly #options: UpgradeRequestsOptions

  constructor(options: UpgradeRequestsOptions) {
    this.#options = options
  }

  readonly onConnect = (incoming: IncomingMessage, connection: Duplex, first: Buffer): void => {
    const { pipeline, refusals } = this.#options
    const socket = connection as Socket
    if (pipeline.isBusy(socket)) {
      this.#afterAnswers(socket, first, (bytes) => this.onConnect(incoming, socket, bytes))
      return
    }
    refusals.note('405 CONNECT', incoming.socket.remoteAddress)
    answerAndClose(socket, '405 Method Not Allowed', 'CONNECT is not allowed.', ALLOWED)
  }

  /** WebSockets alone are taken; for any other protocol the request is served as if it had not asked. RFC 9110 §7.8. */
  readonly onUpgrade = (incoming: IncomingMessage, connection: Duplex, first: Buffer): void => {
    const { pipeline, refusals, limits, handshakes } = this.#options
    const socket = connection as Socket
    if (pipeline.isBusy(socket)) {
      this.#afterAnswers(socket, first, (bytes) => this.onUpgrade(incoming, socket, bytes))
      return
    }
    if (!asksForWebSocket(incoming)) {
      socket.unshift(Buffer.concat([headWithoutUpgrade(incoming), first]))
      this.#options.serveAgain(socket)
      return
    }
    const head = readRequestHead(incoming, limits)
    if ('status' in head) {
      refusals.note(`${head.status} ${head.reason}`, socket.remoteAddress)
      answerAndClose(socket, `${head.status} ${reasonFor(head.status)}`, head.reason)
      return
    }
    removeHttpListeners(socket)
    pipeline.onExchangeDetached(socket)
    handshakes.take({ incoming, socket, first }, head)
  }

  /** A handshake without `Connection: Upgrade`, for which `node:http` does not let go of the connection by itself. */
  readonly onUnmarked = (exchange: HttpExchange): void => {
    const { incoming } = exchange
    const head = readRequestHead(incoming, this.#options.limits)
    if (incoming.socket.destroyed || 'status' in head) return
    const first = takeEarlyFrames(incoming.socket)
    this.#options.handshakes.take({ incoming, socket: exchange.detach(), first }, head)
  }

  /** Calls `then` when the answers that the connection owes are written, which before that cannot change its protocol. */
  #afterAnswers(socket: Socket, first: Buffer, then: (first: Buffer) => void): void {
    const { pipeline } = this.#options
    const release = holdBack(socket, first, () => pipeline.drained(socket))
    pipeline.afterAnswers(socket, () => then(release()))
  }
}
