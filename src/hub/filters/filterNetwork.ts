import type { Clock } from '../../edges/clock.ts'
import type { RawHeaders } from '../../util/headers.ts'
import type { StartLimiter } from './startLimiter.ts'

/** A POST request of a filter. */
export interface FilterRequest {
  /** Absolute, http or https. */
  readonly url: string
  /** Wire text, without Host and framing. */
  readonly headers: RawHeaders
  readonly body: Buffer
  /** How much of the answer's body is wanted; reading may stop when one byte more has come. */
  readonly maxBodyBytes: number
  readonly signal: AbortSignal
}

/** The whole answer to a request of a filter. */
export interface FilterResponse {
  readonly status: number
  readonly headers: RawHeaders
  readonly body: Buffer
}

/**
 * Sends a filter's request, by the hold's route where the URL is on the address that the client asked (as next links are),
 * else over the network. Rejects with a HoldfastError ORIGIN_UNREACHABLE, ORIGIN_DENIED, ORIGIN_TIMEOUT or ORIGIN_BROKEN;
 * soon, and with whatever reason, when the signal is aborted.
 */
export type FilterFetch = (request: FilterRequest) => Promise<FilterResponse>

/** What a hold lends to filters that ask somebody. */
export interface FilterNetwork {
  readonly fetch: FilterFetch
  /** Shared by all holds. */
  readonly limiter: StartLimiter
  readonly clock: Clock
  /** Absolute URL that relative ones are resolved against: where the hold is, after the next links that it followed. */
  readonly baseUrl: string
  /** Aborted when the hold ends. */
  readonly signal: AbortSignal
}
