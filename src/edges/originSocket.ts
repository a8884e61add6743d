import type { HoldfastError } from '../errors.ts'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import type { LocalAnswer, LocalRequest } from '../util/localAnswer.ts'
import type { Origin, OriginRequest, OriginTarget } from './origin.ts'
import type { MessageSocket } from './socket.ts'

/** An origin's WebSocket. */
export interface OriginSocket extends MessageSocket {
  /** Asks the origin for what it has; only where it cannot send by itself. GRIP: WebSocket-over-HTTP, `refresh`. */
  refresh?(): void
}

/** Hears how the opening of an origin's WebSocket ends; one of the three, once. Nothing after `OriginOpening.abort`. */
export interface OriginSocketSink {
  /** `head` is the answer's, whole, Sec-WebSocket-Extensions included. The socket delivers nothing until it has an owner. */
  onOpen(head: ResponseHead, socket: OriginSocket): void
  /** The origin answered something other than 101. */
  onRefused(head: ResponseHead, body: Buffer): void
  /** Codes as for `OriginResponseSink.onError`; with ORIGIN_UNREACHABLE another target may be tried. */
  onError(error: HoldfastError): void
}

/** The opening of a WebSocket that is under way. */
export interface OriginOpening {
  /** Gives the opening up. */
  abort(): void
}

/** Opens WebSockets to origins. */
export interface SocketOrigin {
  /**
   * Opens a WebSocket. `request` is a GET whose headers are complete but for those of the handshake itself (Host, Upgrade,
   * Connection, Sec-WebSocket-Key and -Version); Sec-WebSocket-Extensions may stand among them and is sent on.
   */
  openSocket(target: OriginTarget, request: OriginRequest, sink: OriginSocketSink): OriginOpening
  close(): Promise<void>
}

/** An origin inside this process, which is found by name and not by address. */
export type LocalOrigin = Origin & SocketOrigin

/** How an origin inside this process accepts a WebSocket. */
export interface LocalAcceptance {
  /** Beside those of the handshake itself; Sec-WebSocket-Extensions: grip may stand among them. */
  readonly headers: RawHeaders
  /** Gets the origin's end of the WebSocket, to set its owner; called once, when the handshake is answered. */
  onOpen(socket: MessageSocket): void
}

/** The WebSocket side of an origin inside this process: accepts a handshake, or answers it as HTTP. */
export type AcceptLocally = (
  request: LocalRequest,
) => LocalAnswer | LocalAcceptance | Promise<LocalAnswer | LocalAcceptance>
