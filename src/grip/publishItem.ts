import type { RawHeaders } from '../util/headers.ts'

/** What an item asks of a hold. GRIP: `action`. */
export type FormatAction = 'send' | 'hint' | 'close' | 'refresh'

/** What a held response is answered with. GRIP: `http-response`. */
export type HttpResponseFormat =
  | {
      readonly action: 'send'
      readonly code: number
      readonly reason: string
      readonly headers: RawHeaders
      /** Bytes, or a JSON Patch (RFC 6902) on the body of the hold's own response. */
      readonly body: { readonly bytes: Buffer } | { readonly patch: readonly unknown[] }
      readonly contentFilters: readonly string[] | undefined
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** What a held stream gets. GRIP: `http-stream`. */
export type HttpStreamFormat =
  | {
      readonly action: 'send'
      readonly content: Buffer
      readonly contentFilters: readonly string[] | undefined
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** What a held WebSocket gets. GRIP: `ws-message`. */
export type WebSocketMessageFormat =
  | {
      readonly action: 'send'
      readonly type: 'text' | 'binary' | 'ping' | 'pong'
      readonly content: Buffer
      readonly contentFilters: readonly string[] | undefined
    }
  | { readonly action: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly action: 'hint' | 'refresh' }

/** One validated published item. GRIP: publish item. */
export interface PublishItem {
  readonly channel: string
  readonly id: string | undefined
  readonly prevId: string | undefined
  /** Publish meta for filters; undefined when there is none. */
  readonly meta: Readonly<Record<string, string>> | undefined
  /** Bytes for block accounting, where the publisher says. */
  readonly size: number | undefined
  readonly noSeq: boolean
  /**
   * Set when the item carries an action of its own beside `channel` and no formats: it applies to every hold on the
   * channel, of whatever kind. Pushpin has no such action.
   */
  readonly action: 'hint' | 'close' | 'refresh' | undefined
  readonly httpResponse: HttpResponseFormat | undefined
  readonly httpStream: HttpStreamFormat | undefined
  readonly webSocketMessage: WebSocketMessageFormat | undefined
}

/** Parses one element of `items`. */
export function parsePublishItem(_value: unknown): PublishItem {
  throw new Error('not written yet')
}
