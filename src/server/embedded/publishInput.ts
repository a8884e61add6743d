/** What a held response is answered with. GRIP: `http-response`. */
export type HttpResponseInput =
  | {
      readonly action?: 'send'
      readonly code?: number
      readonly reason?: string
      readonly headers?:
        | Readonly<Record<string, string>>
        | readonly (readonly [name: string, value: string])[]
      readonly body?: string | Uint8Array
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
      readonly content?: string | Uint8Array
      /** Base64. */
      readonly 'content-bin'?: string
      readonly 'content-filters'?: readonly string[]
    }
  | { readonly action: 'hint' | 'close' | 'refresh' }

/** What a WebSocket gets; bytes make a binary message, unless `type` says otherwise. GRIP: `ws-message`. */
export type WebSocketMessageInput =
  | {
      readonly action?: 'send'
      readonly type?: 'text' | 'binary' | 'ping' | 'pong'
      readonly content?: string | Uint8Array
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

/** Makes an item; a text, or bytes, are for every kind of client, as they are. */
export function composeItem(
  channel: string,
  formats: FormatsInput | string | Uint8Array,
  options: ItemOptions,
): ItemInput {
  const isContent = typeof formats === 'string' || formats instanceof Uint8Array
  return { channel, ...options, formats: isContent ? formatsOf(formats) : formats }
}

/** Writes an item as the control API has it, where bytes are base64 in a field of their own. */
export function encodeItem(item: ItemInput): unknown {
  if (!isObject(item) || !isObject(item.formats)) return item
  const formats = Object.entries(item.formats).map(([name, format]) => [name, encodeFormat(format)])
  return { ...item, formats: Object.fromEntries(formats) }
}

/** Callers need not be typed: what is no format is left for the parser to refuse. */
function encodeFormat(format: unknown): unknown {
  if (!isObject(format)) return format
  const fields = Object.entries(format).map(([name, value]) =>
    value instanceof Uint8Array ? [`${name}-bin`, Buffer.from(value).toString('base64')] : [name, value],
  )
  return Object.fromEntries(fields)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function formatsOf(content: string | Uint8Array): FormatsInput {
  return { 'http-response': { body: content }, 'http-stream': { content }, 'ws-message': { content } }
}
