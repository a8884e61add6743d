import type { ClientResponse } from '../edges/client.ts'
import type { HoldfastError } from '../errors.ts'
import type { LastId } from '../hold/lastId.ts'
import type { ChannelRequest, NewestIds } from '../hub/hub.ts'
import type { Connection } from '../stats/connections.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { RoutedRequest } from './findRoute.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import type { RequestResult } from './requestLog.ts'

/** A request that is being proxied, as the takers of its answer see it. */
export interface Exchange {
  readonly connection: Connection
  readonly environment: ProxyEnvironment
  readonly routed: RoutedRequest
  readonly response: ClientResponse
  /** The target that is asked now, as `host:port`. */
  readonly targetName: string
  /** Channels that the target adds to every hold. GRIP: the target's `sub=`. */
  readonly implicitChannels: readonly string[]
  /** Error answers say what went wrong. */
  readonly debug: boolean
  /** The origin is asked again for a client that it held, or should have. */
  readonly isRetry: boolean
  /** What was newest in the channels of which it was told then; undefined when it is asked for the first time. */
  readonly newestIds: NewestIds | undefined
  /** The request's body was larger than what can be kept for a hold. */
  readonly isRequestTooLarge: boolean
  /** Lets the origin send on. */
  resume(): void
  /** The origin's answer is complete and is instructions: the hold or the plain answer follows. */
  accept(head: ResponseHead, body: Buffer): void
  /**
   * Asks the origin once more, as if the client had just sent its request, and tells it what the client has. `onSettled` is
   * called when the origin has answered or will not. GRIP: retry, Grip-Last.
   */
  retry(lastIds: readonly LastId[], onSettled: () => void): void
  /**
   * Asks the origin once more when it is this request's turn, instead of following its answer with these channels. The
   * client has what it had before: `lastIds` count only the first time.
   */
  askAgain(channels: readonly ChannelRequest[], lastIds: readonly LastId[]): void
  /** Ends a request that was held with an error of the proxy's own. */
  failHeld(text: string): void
  /** Ends the request with an answer that says what failed; only while no answer has begun. */
  fail(error: HoldfastError): void
  /**
   * Ends a request whose answer has begun and cannot be completed, so that the client sees it broken: by `breakClient`, or else
   * by the response's `abort`.
   */
  breakOff(error: HoldfastError, breakClient?: () => void): void
  /** The client is gone: gives the origin's answer up. */
  clientLeft(): void
  /** Nothing more is to come; writes the request's line in the log. */
  finish(result: RequestResult): void
}

/** What takes the origin's body bytes once its head has been seen. */
export interface BodyTaker {
  /** False pauses the origin. */
  data(chunk: Buffer): boolean
  end(): void
  failed(error: HoldfastError): void
}
