import type { Readable } from 'node:stream'
import type { HoldfastError } from '../errors.ts'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import type { OriginPlace } from '../util/originPlace.ts'

/** Where a request can be sent: an origin's place with what the route says about it. */
export type OriginTarget = OriginPlace & OriginTerms

/** How an origin is connected to, wherever it is. */
export interface OriginTerms {
  readonly tls: boolean
  /** Refuse private and loopback addresses, and unix sockets. */
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
  /** The answer is of use only as a whole: silence within its body is bounded as silence before its head is. */
  readonly isCollected?: boolean
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

/** A request to an origin that is under way. */
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
