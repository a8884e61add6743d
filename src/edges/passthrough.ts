import type { HoldfastError } from '../errors.ts'
import type { RawHeaders } from '../util/headers.ts'
import type { OriginTarget } from './origin.ts'

/** How a request was passed through. */
export interface PassthroughOutcome {
  /** What the client was answered: the origin's status, or else 502 or 504; none when it left before. */
  readonly status?: number
  /** `host:port` or `unix:path` of the target that was tried last. */
  readonly target?: string
  /** Bytes of the answer's body. */
  readonly bodyBytes?: number
  /** ORIGIN_UNREACHABLE, ORIGIN_DENIED, ORIGIN_TIMEOUT or ORIGIN_BROKEN; none when the client left. */
  readonly error?: HoldfastError
}

/** A target that a request may be passed to. */
export type PassthroughTarget = OriginTarget & {
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
