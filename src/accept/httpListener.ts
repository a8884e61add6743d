import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import type { ClientRequest, ClientResponse } from '../edges/client.ts'
import type { Log } from '../edges/log.ts'
import { listeningFd } from '../util/givenSockets.ts'
import { BODY_IDLE_MS } from './bodyWatch.ts'
import { breakConnection } from './breakConnection.ts'
import { type ConnectionGate, guardConnections } from './connectionGate.ts'
import { answerClientError } from './earlyError.ts'
import { Http2Connections } from './http2/http2Connections.ts'
import { HttpExchange } from './httpExchange.ts'
import { letInherit } from './inheritedOptions.ts'
import { lingerAfterAnswer } from './lingeringClose.ts'
import { listenAt } from './listenAt.ts'
import { type LocalPlace, placeLocalSocket, prepareLocalPlace, unplacedPath } from './localSocket.ts'
import { PeerWatch } from './peerWatch.ts'
import { Pipeline } from './pipeline.ts'
import { RefusalLog } from './refusalLog.ts'
import { refuseRequest } from './refuseRequest.ts'
import { type RequestLimits, readRequestHead } from './requestHead.ts'
import { KEEP_ALIVE_PROBE_MS, serverSettings } from './serverSettings.ts'
import type { CertificateBook } from './tls/certificateBook.ts'
import { createTlsServer } from './tls/tlsServer.ts'
import { UpgradeRequests } from './upgradeRequests.ts'
import { expectEarlyFrames, keepEarlyFrames } from './webSocket/earlyFrames.ts'
import {
  asksForWebSocket,
  INVALID_HANDSHAKE,
  readHandshake,
  VERSION_FIELD,
} from './webSocket/handshakeRequest.ts'
import { HandshakeTaker, type SocketTaker } from './webSocket/handshakeTaker.ts'
import type { SocketEnvironment } from './webSocket/socketEnvironment.ts'

/** What becomes of the requests that a listener takes. */
export interface RequestTaker extends SocketTaker {
  /** Must have returned before the exchange is held: until then the connection's parser is at work. */
  request(exchange: ClientRequest & ClientResponse): void
}

/** What a listener needs: who takes its requests, and the limits that clients meet. */
export interface HttpListenerOptions extends RequestLimits {
  readonly taker: RequestTaker
  readonly log: Log
  /** From accept (or the end of the last answer) to the end of a head; then 408. */
  readonly headerTimeoutMs: number
  /** How long a connection may stay open between requests. */
  readonly keepAliveTimeoutMs: number
  readonly maxConnections: number
  /** What else decides on connections; all are taken when not given. */
  readonly gate?: ConnectionGate
  /** How long a client may send nothing of a body that it owes; BODY_IDLE_MS when not given. */
  readonly bodyIdleMs?: number
  readonly sockets: SocketEnvironment
  /** What TLS clients are shown; undefined for plain HTTP. */
  readonly certificates?: CertificateBook | undefined
  /** Requests and holds of one HTTP/2 connection at one time; without it TLS clients are offered HTTP/1.1 alone. */
  readonly maxHttp2Streams?: number | undefined
}

/** An HTTP server for clients: HTTP/1.x, and by TLS HTTP/2 as well. */
export class HttpListener {
  readonly #server: Server
  readonly #isSecure: boolean
  readonly #http2: Http2Connections | undefined
  readonly #options: HttpListenerOptions
  readonly #refusals: RefusalLog
  readonly #upgrades: UpgradeRequests
  #isClosing = false
  #peerWatch: PeerWatch | undefined
  readonly #pipeline = new Pipeline(
    (exchange) => {
      const { bodyIdleMs = BODY_IDLE_MS, maxBodyBytes } = this.#options
      exchange.watchBody({ idleMs: bodyIdleMs, maxBytes: maxBodyBytes })
      // Not before the parser, which is still at work, can be taken from the connection.
      if (asksForWebSocket(exchange.incoming)) setImmediate(this.#upgrades.onUnmarked, exchange)
      else this.#options.taker.request(exchange)
    },
    // An answer that had begun when the close was asked for could not say that its connection ends.
    (connection) => this.#isClosing && connection.end(),
  )

  constructor(options: HttpListenerOptions) {
    this.#options = options
    this.#refusals = new RefusalLog(options.log)
    const { certificates } = options
    this.#isSecure = certificates !== undefined
    const { taker, sockets } = options
    const refusals = this.#refusals
    this.#upgrades = new UpgradeRequests({
      pipeline: this.#pipeline,
      handshakes: new HandshakeTaker({ taker, sockets, refusals, isSecure: this.#isSecure }),
      refusals,
      limits: options,
      serveAgain: (connection) => this.#server.emit('connection', connection),
    })
    const settings = serverSettings(options)
    this.#http2 = this.#createHttp2()
    this.#server =
      certificates === undefined ? createServer(settings) : this.#createTls(settings, certificates)
    this.#server.maxConnections = options.maxConnections
    // Node drops the fields above this count without a word; we count them ourselves.
    this.#server.maxHeadersCount = 0
    this.#server.timeout = 0
    // node's own, which `close` calls, keeps those that have sent half a head and cuts off answers that are not written yet.
    this.#server.closeIdleConnections = () => this.#pipeline.endUnused({ keepsFresh: true })
    if (!this.#isSecure) this.#server.on('connection', (socket) => this.#pipeline.opened(socket))
    this.#server.on('request', this.#onRequest)
    this.#server.on('checkContinue', this.#onRequest)
    this.#server.on('checkExpectation', this.#onRequest)
    this.#server.on('connect', this.#upgrades.onConnect)
    this.#server.on('upgrade', this.#upgrades.onUpgrade)
    this.#server.on('clientError', (error, socket) => this.#onClientError(error, socket as Socket))
    this.#server.on('drop', (dropped) => {
      this.#refusals.note('connection closed: client_maxconn is reached', dropped?.remoteAddress)
    })
    if (options.gate !== undefined) {
      guardConnections(this.#server, options.gate, { isSecure: this.#isSecure, refusals: this.#refusals })
    }
  }

  #createTls(settings: ServerOptions, certificates: CertificateBook): Server {
    const http2 = this.#http2
    return createTlsServer(settings, {
      certificates,
      onHttp2: http2 && ((socket) => http2.open(socket)),
      onHttp1: (socket) => this.#pipeline.opened(socket),
    })
  }

  #createHttp2(): Http2Connections | undefined {
    const { taker, certificates, maxHttp2Streams, sockets, ...options } = this.#options
    if (certificates === undefined || maxHttp2Streams === undefined) return undefined
    return new Http2Connections({
      limits: options,
      keepAliveTimeoutMs: options.keepAliveTimeoutMs,
      bodyIdleMs: options.bodyIdleMs ?? BODY_IDLE_MS,
      maxStreams: maxHttp2Streams,
      refusals: this.#refusals,
      sockets,
      take: (exchange) => taker.request(exchange),
      takeHandshake: (request, handshake) => taker.handshake(request, handshake),
    })
  }

  /** Opens the port, or takes the listening socket whose descriptor is given, and returns where it listens. Throws LISTEN_FAILED. */
  async listen(place: { host: string; port: number }, fd?: number): Promise<AddressInfo> {
    await this.#listenAt(fd === undefined ? place : { fd }, `${place.host}:${place.port}`)
    letInherit(this.#server, KEEP_ALIVE_PROBE_MS)
    const address = this.#server.address() as AddressInfo
    this.#peerWatch = new PeerWatch({
      localPort: address.port,
      connections: () => this.#pipeline.connections(),
      ...this.#options.sockets,
    })
    return address
  }

  /** Opens a unix socket, in place of a file that an earlier run has left, or takes the one whose descriptor is given. Throws LISTEN_FAILED. */
  async listenLocally(place: LocalPlace, fd?: number): Promise<void> {
    if (fd !== undefined) return this.#listenAt({ fd }, place.path)
    prepareLocalPlace(place.path)
    await this.#listenAt({ path: unplacedPath(place.path), exclusive: place.exclusive ?? false }, place.path)
    placeLocalSocket(place)
  }

  #listenAt(where: ListenOptions | { readonly fd: number }, shown: string): Promise<void> {
    return listenAt(this.#server, where, { shown, log: this.#options.log })
  }

  /** The descriptor on which it listens; undefined while it does not. */
  get fd(): number | undefined {
    return listeningFd(this.#server)
  }

  /**
   * Takes no further connection, closes those that wait for a request or have sent a part of a head, and asks the others to be closed after their answer.
   * Resolves when all are closed.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    const isClosed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    const timer = setTimeout(() => this.#pipeline.endUnused({ keepsFresh: false }), FRESH_LIMIT_MS)
    await Promise.all([isClosed, this.#http2?.close()])
    clearTimeout(timer)
    this.#peerWatch?.stop()
  }

  /** Breaks every connection that is still open. */
  breakAll(): void {
    this.#server.closeAllConnections()
    this.#pipeline.breakDetached()
    this.#http2?.breakAll()
  }

  readonly #onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const head = readRequestHead(incoming, this.#options)
    if ('status' in head) {
      this.#pipeline.finish(incoming.socket)
      this.#noteRefusal(head.status, head.reason, incoming.socket)
      if (head.status === 413) lingerAfterAnswer(incoming)
      refuseRequest(outgoing, head)
      return
    }
    if (asksForWebSocket(incoming)) {
      if (readHandshake(incoming, head) === undefined) {
        this.#pipeline.finish(incoming.socket)
        this.#noteRefusal(400, INVALID_HANDSHAKE, incoming.socket)
        refuseRequest(outgoing, { status: 400, reason: INVALID_HANDSHAKE }, VERSION_FIELD)
        return
      }
      expectEarlyFrames(incoming.socket)
    }
    const exchange = new HttpExchange(head, {
      incoming,
      outgoing,
      owner: this.#pipeline,
      secure: this.#isSecure,
    })
    if (this.#isClosing) exchange.closeAfter()
    this.#pipeline.take(exchange, incoming.socket)
  }

  #onClientError(error: Error, socket: Socket): void {
    if (keepEarlyFrames(socket, error)) return
    // Its last request is refused, and that answer ends the connection.
    if (this.#pipeline.isFinished(socket) && socket.writable && !socket.readableEnded) return
    if (this.#pipeline.endAfterAnswers(socket)) {
      // A client that half-closes has left, whatever it had begun to send.
      if (socket.readableEnded) socket.destroy()
      return
    }
    if (this.#pipeline.isAnswering(socket)) {
      breakConnection(socket)
      return
    }
    const { remoteAddress } = socket
    const onAnswer = (answer: string): void => this.#refusals.note(answer, remoteAddress)
    answerClientError(error, socket, { maxHeaderBytes: this.#options.maxHeaderBytes, onAnswer })
  }

  #noteRefusal(status: number, reason: string, { remoteAddress }: Socket): void {
    this.#refusals.note(`${status} ${reason}`, remoteAddress)
  }
}

/** How long clients that had just connected when the listener closed may take to send their request, which is still served. */
const FRESH_LIMIT_MS = 1000
