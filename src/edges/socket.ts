import type { HoldfastError } from '../errors.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { PassthroughJob } from './passthrough.ts'

/** What a whole WebSocket message or control frame is; a Close is told apart from these. */
export type MessageType = 'text' | 'binary' | 'ping' | 'pong'

/**
 * How whole messages look on a client's connection. The objects are shared: bytes built with one of them serve every
 * socket that has the same, so that an item is framed once and not once for each client.
 */
export interface MessageFraming {
  readonly name: string
  frame(type: MessageType, content: Buffer): Buffer
}

/** Who hears of a WebSocket, of either end. A field and not closures, to keep held sockets small. */
export interface MessageSocketOwner {
  /** A whole message or a control frame other than Close. The bytes are the owner's; text is UTF-8. */
  onMessage(type: MessageType, content: Buffer): void
  /**
   * The peer sent a Close, which is not answered yet: the owner does, with `close`. `code` is undefined where the frame
   * had none. Nothing more is received. Called at most once.
   */
  onClose(code: number | undefined, reason: string): void
  /**
   * The connection is gone, cleanly or not. Called exactly once, and last; not before `open` has returned the socket.
   * `fault` is set when the peer or the connection broke the protocol or a limit, in words for the log.
   */
  onGone(fault: HoldfastError | undefined): void
  /** All queued bytes have been taken; after a `send` or `write` that left `bytesQueued` above zero. */
  onDrain(): void
}

/**
 * One end of a WebSocket that is open: a client's or an origin's. Pings are not answered here: they go end to end.
 * Until an owner is set, and while paused, nothing is received.
 */
export interface MessageSocket {
  owner: MessageSocketOwner | undefined
  /** Bytes given to `send` and `write` that the peer's connection has not taken yet. */
  readonly bytesQueued: number
  /** Sends one whole message or control frame. Ignored after `close` and `destroy`. */
  send(type: MessageType, content: Buffer): void
  /**
   * Sends a Close after what is queued. The peer's own Close is waited for within a bound if it has not come yet, and
   * told by `onClose`; what it sends before that is still received, but dropped while paused. Then the connection ends.
   * Codes that must not stand in a frame are sent as 1000, and a reason is cut to 123 bytes, so that a caller may pass on
   * what an origin or a publisher said. No code: an empty Close to origins; to clients 1000,
   * or what SockJS has for it.
   */
  close(code: number | undefined, reason: string): void
  /** Ends the connection without a Close, and receives nothing more. What is queued may still reach the peer. */
  destroy(): void
  /** Asks the peer to wait: nothing is received until `resume`. */
  pause(): void
  resume(): void
}

/** A client's WebSocket. */
export interface ClientSocket extends MessageSocket {
  readonly framing: MessageFraming
  readonly peerAddress: string
  /** Sends bytes made by `framing.frame`: one or more whole messages. */
  write(wire: Buffer): void
}

/** A client's WebSocket handshake, found valid, that waits for its answer. One of the three calls is made, once. */
export interface ClientHandshake {
  /** Called once when the client leaves before its handshake is answered. */
  onClose: (() => void) | undefined
  /**
   * Answers 101. `head` has the reason and the fields that the origin gave, less those of its own hop, which the listener
   * adds for the client's.
   */
  accept(head: ResponseHead): ClientSocket
  /** Answers with another status, and closes the connection. Content-Length is the listener's. */
  refuse(head: ResponseHead, body: Buffer): void
  /**
   * Sends the handshake on to an origin untouched and joins the two connections. Undefined where they differ: frames in a stream of
   * HTTP/2, or of SockJS, are relayed one by one instead.
   */
  readonly passThrough?: ((job: PassthroughJob) => void) | undefined
}
