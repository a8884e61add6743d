/**
 * What the core needs from the outside world. `accept/`, `origin/`, `cluster/` and `observe/` implement these;
 * `hub/`, `hold/` and `proxy/` know nothing else of sockets, clocks and logs.
 */
import type { Readable } from 'node:stream'
import type { HoldfastError } from './errors.ts'
import type { PublishItem } from './grip/publishItem.ts'
import type { RawHeaders, ResponseHead } from './util/headers.ts'
import type { LocalAnswer, LocalRequest } from './util/localAnswer.ts'

/** One request of one client, as parsed and validated by the listener. */
export interface ClientRequest {
  readonly method: string
  /** Origin-form target exactly as sent: percent-encoded path and query. Starts with `/`, or is `*`. */
  readonly target: string
  readonly httpVersion: '1.0' | '1.1' | '2'
  /** True when the client's own connection is TLS. */
  readonly secure: boolean
  /** Host with port as the client sent it; `localhost` when an HTTP/1.0 client sent none. */
  readonly authority: string
  readonly headers: RawHeaders
  /** The peer's IP address; empty on a unix socket. */
  readonly peerAddress: string
  /** Undefined when the request has no body. */
  readonly body: Readable | undefined
  /** The declared Content-Length in bytes, or undefined. */
  readonly bodyLength: number | undefined
}

/**
 * The answer to one ClientRequest. Calls come in this order: `informational`*, then either `head`, `write`*,
 * `end`; or `holdStream`; `abort` at any time. After `end`, `holdStream` or `abort` no further call is made.
 */
export interface ClientResponse {
  /** True once `head` or `holdStream` was called. */
  readonly started: boolean
  /** Called once when the client is gone before the answer was complete. Never called after `end`. */
  onClose: (() => void) | undefined
  /** Called each time when buffered bytes have been written after a `write` that answered false. */
  onDrain: (() => void) | undefined
  /** Passes a 1xx response on (HTTP/1.1 clients only; ignored for others). */
  informational(head: ResponseHead): void
  /**
   * Sends the head. Framing is the listener's: Content-Length is kept when given, else the body is chunked
   * (HTTP/1.1) or ends with the connection (HTTP/1.0). HEAD, 1xx, 204 and 304 never get a body: writes are dropped.
   */
  head(head: ResponseHead): void
  /** Sends body bytes; false asks the caller to stop until `onDrain`. */
  write(chunk: Buffer): boolean
  /** Completes the answer. */
  end(chunk?: Buffer): void
  /** Asks for `Connection: close` on this answer; to be called before `head`. */
  closeAfter(): void
  /** Breaks the connection, so that the client sees a transfer that failed and never one that is complete. */
  abort(): void
  /**
   * Sends the head of an endless response with the first part of its body, and takes the connection over as a bare stream.
   * Nothing of the request stays referenced.
   */
  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream
}

/** How a body's bytes are framed on a held stream: `chunked` for HTTP/1.1, `raw` where the connection's end ends it. */
export type StreamFraming = 'chunked' | 'raw'

/** A held response stream: a connection that only ever gets more bytes. */
export interface ClientStream {
  readonly framing: StreamFraming
  readonly peerAddress: string
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  readonly bytesQueued: number
  /** Who hears of the end and of drained buffers; set by the hold. A field and not closures, to keep holds small. */
  owner: ClientStreamOwner | undefined
  /** Writes bytes that are already framed as `framing` says. */
  write(wire: Buffer): void
  /** Ends the stream cleanly: last chunk (`chunked`), then the connection closes when all is written. */
  end(): void
  /** Ends the stream at once, without the marks of a complete body. */
  destroy(): void
}

export interface ClientStreamOwner {
  /** The connection is gone, whoever ended it. Called exactly once. */
  onStreamClose(): void
  /** All queued bytes have been taken by the operating system. */
  onStreamDrain(): void
}

/** Where a request can be sent: an origin's address with what the route says about it. */
export interface OriginTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Refuse private and loopback addresses. */
  readonly untrusted: boolean
  /** Check the certificate against `host` instead of the request's authority. */
  readonly trustConnectHost: boolean
  /** Accept any certificate. */
  readonly insecure: boolean
  /** The certificate that we show, and its key, as PEM text. */
  readonly clientCert: string | undefined
  readonly clientKey: string | undefined
}

/** A request to an origin; headers are complete but for framing. */
export interface OriginRequest {
  readonly method: string
  /** Path and query, percent-encoded. */
  readonly path: string
  /** Host with port where not the scheme's default; the value of the Host header. */
  readonly authority: string
  /** Without Host, Content-Length and Transfer-Encoding: these follow from `authority` and `body`. */
  readonly headers: RawHeaders
  readonly body: Buffer | Readable | undefined
  /** Bytes of a streamed body where the client declared them. */
  readonly bodyLength: number | undefined
  /**
   * May be sent once more although its method is not idempotent, where a kept connection turns out to be closed: the origin
   * can hardly have seen it.
   */
  readonly mayRepeat?: boolean
}

/** Receives an origin's answer: `onInformational`*, `onHead`, `onData`*, then `onEnd`; `onError` ends it at any time. */
export interface OriginResponseSink {
  /** An HTTP 1xx response (not 101). */
  onInformational(head: ResponseHead): void
  onHead(head: ResponseHead): void
  /** False pauses the origin until `OriginExchange.resume`. */
  onData(chunk: Buffer): boolean
  onEnd(): void
  /**
   * The exchange failed; codes ORIGIN_UNREACHABLE (no connection: nothing of the request was sent), ORIGIN_DENIED,
   * ORIGIN_TIMEOUT, ORIGIN_BROKEN. Not called after `OriginExchange.abort`.
   */
  onError(error: HoldfastError): void
}

export interface OriginExchange {
  resume(): void
  /** Gives the exchange up; its connection is closed unless the answer was complete. */
  abort(): void
}

/** Sends requests to origins. */
export interface Origin {
  request(target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange
  close(): Promise<void>
}

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
   * what an origin or a publisher said. No code: an empty Close.
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

/** How a request was passed through. */
export interface PassthroughOutcome {
  /** What the client was answered: the origin's status, or else 502 or 504; none when it left before. */
  readonly status?: number
  /** `host:port` of the target that was tried last. */
  readonly target?: string
  /** Bytes of the answer's body. */
  readonly bodyBytes?: number
  /** ORIGIN_UNREACHABLE, ORIGIN_DENIED, ORIGIN_TIMEOUT or ORIGIN_BROKEN; none when the client left. */
  readonly error?: HoldfastError
}

/** A target that a request may be passed to. */
export interface PassthroughTarget extends OriginTarget {
  /** The value of the Host header there, in place of the job's `authority`. */
  readonly hostOverride?: string | undefined
}

/** One request that is to be passed through. */
export interface PassthroughJob {
  /** In the order in which they are tried. */
  readonly targets: readonly PassthroughTarget[]
  /** Path and query as the origin is to get them. */
  readonly path: string
  /** The value of the Host header where the target has none of its own. */
  readonly authority: string
  /**
   * As the origin is to get them, without Host and framing, which are added; those of an upgrade with its Connection and
   * Upgrade fields.
   */
  readonly headers: RawHeaders
  /** Whether an answer of our own says what failed. */
  readonly debug: boolean
  /** Called with the fields of the origin's answer, unless it switches protocols. */
  onAnswer?(headers: RawHeaders): void
  /** Called once, when the request is done with: answered, failed and answered by us, or left by the client. */
  onDone(outcome: PassthroughOutcome): void
}

/** What became of one published item. */
export interface PublishOutcome {
  /** Holds that the item was handed to, on all nodes; 0 where nobody wanted to know. */
  readonly holds: number
}

export interface PublishOptions {
  /** Whether the outcomes are to say how many holds there were, which costs more where there are several nodes; default true. */
  readonly countsHolds?: boolean
}

/**
 * Carries every published item to every hub. Items of one caller arrive in the order of its calls; the callers must have
 * validated them (`grip/publishItem`). Rejects with BUS_UNAVAILABLE when items cannot be taken, or when it is not known whether
 * they were: what lies between may have broken after they were sent. Rejects with ITEM_INVALID when one is too large for it, and
 * nothing was delivered then.
 */
export interface PublishBus {
  /** False while items cannot be taken. */
  readonly isUp: boolean
  publish(items: readonly PublishItem[], options?: PublishOptions): Promise<readonly PublishOutcome[]>
  close(): Promise<void>
}

/** Where a listing goes on, and how many entries are wanted at most. */
export interface PageQuery {
  /** `next` of the page before; undefined for the first page. */
  readonly cursor: string | undefined
  readonly limit: number
}

/** What the entries of a listing are ordered by; those that are equal in it by their names. */
export interface Order<Key extends string> {
  readonly by: Key
  readonly descending: boolean
}

/** A page of a listing in an order, or in none, which is quicker. */
export interface OrderedQuery<Key extends string> extends PageQuery {
  readonly order?: Order<Key> | undefined
}

/** What connections may be ordered by. */
export type ConnectionKey = 'id' | 'kind' | 'route' | 'peer' | 'age' | 'queue'

/**
 * A part of a listing. It may have fewer entries than were wanted, even none, and yet not be the last: what one call looks at
 * is bounded.
 */
export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined
}

/** How many hold a channel. */
export interface ChannelHolders {
  readonly name: string
  readonly holders: { readonly response: number; readonly stream: number; readonly socket: number }
}

/** A client that is held. */
export interface HeldConnection {
  readonly id: string
  readonly kind: 'response' | 'stream' | 'socket'
  /** What its route is called. */
  readonly route: string
  /** By the names that publishers use. */
  readonly channels: readonly string[]
  /** GRIP: Grip-Set-Meta. */
  readonly meta: Readonly<Record<string, string>>
  /** The client's address; empty on a unix socket. */
  readonly peer: string
  /** When its request came, ISO 8601, UTC. */
  readonly openedAt: string
  readonly ageSeconds: number
  /** Bytes that were written and that the client has not taken. */
  readonly bytesQueued: number
}

/** What a client that is held has of a channel. */
export interface HeldSubscription {
  readonly channel: string
  /** Id of the last item that it has, where it follows the channel's chain. */
  readonly lastId?: string | undefined
  /** Names of the channel's filters, where it has any. */
  readonly filters?: readonly string[] | undefined
}

/** All of a client that is held. */
export interface ConnectionDetail extends HeldConnection {
  readonly subscriptions: readonly HeldSubscription[]
}

/** Which channels are wanted; all that is said must hold. */
export interface ChannelFilter {
  /** How the name begins. */
  readonly prefix: string
  /** What is somewhere in the name; upper and lower case are told apart. */
  readonly search?: string | undefined
}

/** Which connections are wanted; all that is said must hold. */
export interface ConnectionFilter {
  /** What is somewhere in its id, peer, route, a channel or a value of its meta; upper and lower case are told apart. */
  readonly search?: string | undefined
  readonly channel: string | undefined
  readonly route: string | undefined
  readonly meta: readonly (readonly [name: string, value: string])[]
}

/**
 * Who is held, on all nodes. Answers are plain data, so that those of several processes can be put together. Whoever is held
 * from the first page of a listing to its last is in it exactly once. Rejects with ADMIN_REQUEST_INVALID for a cursor
 * that it did not give.
 */
export interface HoldDirectory {
  /** The channels that somebody holds. */
  channels(filter: ChannelFilter, page: OrderedQuery<'name'>): Promise<Page<ChannelHolders>>
  channel(name: string): Promise<ChannelHolders | undefined>
  connections(filter: ConnectionFilter, page: OrderedQuery<ConnectionKey>): Promise<Page<HeldConnection>>
  connection(id: string): Promise<ConnectionDetail | undefined>
  /** Tells whether there is a connection of that id, be it held or still waiting for its origin. */
  has(id: string): Promise<boolean>
  /**
   * Ends a hold: streams end cleanly, long polls get their timeout response, WebSockets a Close. False when nobody is held
   * by that id.
   */
  kick(id: string): Promise<boolean>
  /** Lets a WebSocket's origin be asked now, where that goes over HTTP; false when the id is not that of a WebSocket. */
  refresh(id: string): Promise<boolean>
}

/**
 * Brings the items of the channels that are held here, from where they are published: this process, the primary process
 * or a cluster.
 */
export interface ChannelFeed {
  /**
   * Calls back when the hub gets every item that is published on the channels from then on, and knows what was before; at once
   * where nothing is far away, or nothing can be reached. The caller subscribes in the callback, and the channels stay open
   * for as long as somebody holds them.
   */
  open(channels: readonly string[], onOpen: () => void): void
}

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start. */
  now(): number
  /** Calls back once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back every `periodMs`; does not keep the process alive. */
  every(periodMs: number, callback: () => void): Timer
  /** Calls back once, when pending I/O has had its turn. */
  soon(callback: () => void): void
}

export type LogFields = Readonly<Record<string, unknown>>

/** Structured logging: a message for people, fields for machines. */
export interface Log {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  trace(message: string, fields?: LogFields): void
  /** True when lines of that level are written, for lines that are dear to build. */
  isEnabled(level: 'error' | 'warn' | 'info' | 'debug' | 'trace'): boolean
}
