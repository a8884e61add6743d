import type { OriginExchange } from '../edges/origin.ts'
import type { Instruct } from '../grip/instruct.ts'
import type { LastId } from './lastId.ts'

/** Receives what a next link answers: either `onInstruct`, `onData`*, `onEnd`; or one of the failures, at any time. */
export interface LinkSink {
  /** The head of a 2xx answer, as far as it is instructions. */
  onInstruct(instruct: Instruct): void
  /** False pauses the origin until `OriginExchange.resume`. */
  onData(chunk: Buffer): boolean
  onEnd(): void
  /** No usable answer came; asking again may help. */
  onFailed(text: string): void
  /** The answer's instructions cannot be followed; asking again would not help. */
  onInvalid(text: string): void
}

/** Fetches the links that an origin gave for one held client. GRIP: Grip-Link. */
export interface LinkSource {
  /** Names what shares a bound on questions to an origin. */
  readonly lane: string
  /** Put before the names of the origin's channels. */
  readonly prefix: string
  /** Ids up to which the client has the channels go along. Relative URLs are relative to the one fetched before. */
  fetch(url: string, lastIds: readonly LastId[], sink: LinkSink): OriginExchange
  /** Tells the origin that the client is gone. GRIP: rel=gone. */
  tellGone(url: string): void
}
