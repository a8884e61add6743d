import type { ServerHttp2Stream, ServerOptions } from 'node:http2'
import type { Socket } from 'node:net'
import type { ClientRequest } from '../../edges/client.ts'
import type { ClientHandshake } from '../../edges/socket.ts'
import type { RawHeaders } from '../../util/headers.ts'
import type { RefusalLog } from '../refusalLog.ts'
import type { RequestLimits } from '../requestHead.ts'
import { INVALID_HANDSHAKE, readTerms, VERSION_FIELD } from '../webSocket/handshakeRequest.ts'
import type { SocketEnvironment } from '../webSocket/socketEnvironment.ts'
import { Http2Connection, type Http2ConnectionOwner } from './http2Connection.ts'
import { Http2Exchange } from './http2Exchange.ts'
import { describeSocketRequest, Http2Handshake } from './http2Handshake.ts'
import { type Http2Head, readHttp2Head } from './http2Head.ts'
import { refuseStream } from './respond.ts'

/** What HTTP/2 connections may cost, and who takes their requests. */
export interface Http2Options {
  /** By the count of HTTP/1.1. */
  readonly limits: RequestLimits
  /** How long a connection may stay open without a request under way. */
  readonly keepAliveTimeoutMs: number
  /** How long a client may send nothing of a body that it owes. */
  readonly bodyIdleMs: number
  /** Requests and holds of one connection at one time. */
  readonly maxStreams: number
  readonly refusals: RefusalLog
  readonly sockets: SocketEnvironment
  take(exchange: Http2Exchange): void
  /** A WebSocket handshake that was found valid. */
  takeHandshake(request: ClientRequest, handshake: ClientHandshake): void
}

/** Bytes of a request's body that a client may send before they are read. */
const WINDOW_BYTES = 256 * 1024
/** Frames that make no sense, after which a connection ends. Node's own default is 1000. */
const MAX_INVALID_FRAMES = 100
/** Streams above the limit, after which a connection ends. */
const MAX_REJECTED_STREAMS = 100
/** Entries of a SETTINGS frame. Seven are defined. */
const MAX_SETTINGS = 32
const MAX_OUTSTANDING_PINGS = 10
/** Memory of one connection, in megabytes: headers, queues and windows. */
const MAX_CONNECTION_MEMORY_MB = 10
/** For HTTP/1.1 it is 64, and more are answered with a reason; so they are here. This only ends the absurd. */
const MAX_HEADER_PAIRS = 256
/** By the count of HTTP/2 each field has 32 bytes more than its name and value. RFC 9113 §6.5.2. */
const FIELD_OVERHEAD_BYTES = 32

/** The HTTP/2 connections of one listener. */
export class Http2Connections implements Http2ConnectionOwner {
  readonly #options: Http2Options
  readonly #settings: ServerOptions
  readonly #connections = new Set<Http2Connection>()
  #whenEmpty: (() => void) | undefined

  constructor(options: Http2Options) {
    this.#options = options
    const maxPairs = Math.max(MAX_HEADER_PAIRS, 2 * (options.limits.maxHeaderCount ?? 0))
    this.#settings = {
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
      maxSettings: MAX_SETTINGS,
      maxOutstandingPings: MAX_OUTSTANDING_PINGS,
      maxSessionMemory: MAX_CONNECTION_MEMORY_MB,
      maxHeaderListPairs: maxPairs,
      settings: {
        maxConcurrentStreams: options.maxStreams,
        maxHeaderListSize: options.limits.maxHeaderBytes + maxPairs * FIELD_OVERHEAD_BYTES,
        initialWindowSize: WINDOW_BYTES,
        enablePush: false,
        // RFC 8441 §3.
        enableConnectProtocol: true,
      },
    }
  }

  /** Serves a connection on which HTTP/2 was agreed. */
  open(socket: Socket): void {
    const { keepAliveTimeoutMs: keepAliveMs } = this.#options
    const connection = new Http2Connection(this, socket, { settings: this.#settings, keepAliveMs })
    this.#connections.add(connection)
    if (this.#whenEmpty !== undefined) connection.close()
  }

  /** Lets the requests under way end, each connection with them, and resolves when all connections are closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      for (const connection of this.#connections) connection.close()
      this.#resolveIfEmpty()
    })
  }

  /** Breaks every connection. */
  breakAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  onConnectionClose(connection: Http2Connection): void {
    this.#connections.delete(connection)
    this.#resolveIfEmpty()
  }

  onStream(connection: Http2Connection, stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    const { limits, bodyIdleMs } = this.#options
    const { peerAddress } = connection
    const head = readHttp2Head(rawHeaders, { limits, hasBody: !stream.endAfterHeaders })
    if ('status' in head) this.#refuse(stream, { peerAddress, status: head.status, text: head.reason })
    else if (head.protocol !== undefined) this.#openSocket(stream, head, peerAddress)
    else {
      const exchange = new Http2Exchange(head, { stream, secure: true, peerAddress })
      exchange.watchBody({ idleMs: bodyIdleMs, maxBytes: limits.maxBodyBytes })
      this.#options.take(exchange)
    }
  }

  /** An extended CONNECT, whatever it asks for. RFC 8441 §4. */
  #openSocket(stream: ServerHttp2Stream, head: Http2Head, peerAddress: string): void {
    const { sockets, takeHandshake } = this.#options
    const terms = readTerms(head.headers)
    if (head.protocol !== 'websocket') {
      // RFC 9220 §3.
      this.#refuse(stream, { peerAddress, status: 501, text: 'Only WebSockets can be asked for by CONNECT.' })
    } else if (terms === undefined || stream.endAfterHeaders) {
      const fields = VERSION_FIELD
      this.#refuse(stream, { peerAddress, status: 400, text: INVALID_HANDSHAKE, fields })
    } else {
      const handshake = new Http2Handshake(sockets, terms, { stream, peerAddress })
      takeHandshake(describeSocketRequest(head, peerAddress), handshake)
    }
  }

  #refuse(
    stream: ServerHttp2Stream,
    {
      peerAddress,
      status,
      text,
      fields = [],
    }: { peerAddress: string; status: number; text: string; fields?: RawHeaders },
  ): void {
    this.#options.refusals.note(`${status} ${text}`, peerAddress)
    refuseStream(stream, { status, text, fields })
  }

  #resolveIfEmpty(): void {
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }
}
