import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import type { Origin, OriginTarget } from '../../edges/origin.ts'
import type { RawHeaders } from '../../util/headers.ts'
import type { Farewells } from './farewells.ts'
import type { OverHttpLimits } from './overHttpLimits.ts'

/** One client's WebSocket that is to be carried to an origin in HTTP requests. GRIP: WebSocket-over-HTTP. */
export interface OverHttpJob {
  readonly origin: Origin
  readonly target: OriginTarget
  /** Path and query as the origin is to get them. */
  readonly path: string
  /** The value of the Host header. */
  readonly authority: string
  /** The same in all requests of the connection, and unlike those of others: a UUID. GRIP: Connection-Id. */
  readonly connectionId: string
  /**
   * Builds the fields of one request from the client's handshake, after all rewriting and with a fresh Grip-Sig; called for
   * each attempt. What only this protocol adds is added here, and what it reserves is taken out.
   */
  readonly headers: () => RawHeaders
  /** One event a request at most. GRIP: `one_event`. */
  readonly oneEvent: boolean
  readonly clock: Clock
  readonly log: Log
  /** Shared by all connections of a server. */
  readonly farewells: Farewells
  /** DEFAULT_OVER_HTTP_LIMITS, where not given. */
  readonly limits?: Partial<OverHttpLimits>
}
