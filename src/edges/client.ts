import type { Readable } from 'node:stream'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'

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

/** Told of what becomes of a held stream. */
export interface ClientStreamOwner {
  /** The connection is gone, whoever ended it. Called exactly once. */
  onStreamClose(): void
  /** All queued bytes have been taken by the operating system. */
  onStreamDrain(): void
}
