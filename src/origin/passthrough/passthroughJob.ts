import type Server from 'http-proxy'
import type { Log, OriginTarget } from '../../edges.ts'
import type { HoldfastError } from '../../errors.ts'
import type { RawHeaders } from '../../util/headers.ts'
import type { TargetAgents } from './targetConnection.ts'

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

/** One request that is to be passed through. */
export interface PassthroughJob {
  /** In the order in which they are tried. */
  readonly targets: readonly OriginTarget[]
  /** Path and query as the origin is to get them. */
  readonly path: string
  /** The value of the Host header. */
  readonly authority: string
  /**
   * As the origin is to get them, without Host and framing, which are added; those of an upgrade with its Connection and
   * Upgrade fields.
   */
  readonly headers: RawHeaders
  /** Called once, when the request is done with: answered, failed and answered by us, or left by the client. */
  onDone(outcome: PassthroughOutcome): void
}

/** What all requests share. */
export interface PassthroughContext {
  readonly proxy: Server
  readonly agents: TargetAgents
  readonly originTimeoutMs: number
  readonly log: Log
}
