/** What a held response is answered with. GRIP: `http-response`. */
export type HttpResponseInput =
  | {
      readonly action?: 'send'
      readonly code?: number
      readonly reason?: string
      readonly headers?:
        | Readonly<Record<string, string>>
        | readonly (readonly [name: string, value: string])[]
      readonly body?: string
      /** Base64. */
      readonly 'body-bin'?: string
      /** JSON Patch on the body of the origin's own response. RFC 6902. */
      readonly 'body-patch'?: readonly unknown[]
      readonly 'content-filters'?: readonly string[]
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** What a held stream gets. GRIP: `http-stream`. */
export type HttpStreamInput =
  | {
      readonly action?: 'send'
      readonly content?: string
      /** Base64. */
      readonly 'content-bin'?: string
      readonly 'content-filters'?: readonly string[]
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** What a WebSocket gets. GRIP: `ws-message`. */
export type WebSocketMessageInput =
  | {
      readonly action?: 'send'
      readonly type?: 'text' | 'binary' | 'ping' | 'pong'
      readonly content?: string
      /** Base64. */
      readonly 'content-bin'?: string
      readonly 'content-filters'?: readonly string[]
    }
  | { readonly action: 'close'; readonly code?: number; readonly reason?: string }
  | { readonly action: 'hint' | 'refresh' }

/** What each kind of client gets; those of a kind that is not named get nothing. */
export interface FormatsInput {
  readonly 'http-response'?: HttpResponseInput
  readonly 'http-stream'?: HttpStreamInput
  readonly 'ws-message'?: WebSocketMessageInput
}

/** What an item says beside its channel and its formats. */
export interface ItemOptions {
  readonly id?: string
  /** Id of the item that it follows on its channel. */
  readonly 'prev-id'?: string
  readonly meta?: Readonly<Record<string, string>>
  /** Deliver at once, whatever `prev-id` says. */
  readonly 'no-seq'?: boolean
}

/** One item as the control API takes it. GRIP: publish item. */
export interface ItemInput extends ItemOptions {
  readonly channel: string
  readonly formats?: FormatsInput
  /** In the place of formats: asks something of every client on the channel. */
  readonly action?: 'hint' | 'close' | 'refresh'
}

/** Makes an item; a text is for every kind of client, as it is. */
export function composeItem(
  channel: string,
  formats: FormatsInput | string,
  options: ItemOptions,
): ItemInput {
  return { channel, ...options, formats: typeof formats === 'string' ? formatsOf(formats) : formats }
}

function formatsOf(content: string): FormatsInput {
  return { 'http-response': { body: content }, 'http-stream': { content }, 'ws-message': { content } }
}
