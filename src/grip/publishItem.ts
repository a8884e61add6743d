import { HoldfastError } from '../errors.ts'
import { type FieldEncoding, isJsonObject, JsonFields, MAX_INTEGER } from './jsonFields.ts'
import { parseJsonBytes } from './jsonText.ts'
import { type FormatAction, readAction } from './publishItem/formatFields.ts'
import { type HttpResponseFormat, readHttpResponse } from './publishItem/httpResponseFormat.ts'
import { type HttpStreamFormat, readHttpStream } from './publishItem/httpStreamFormat.ts'
import { readWebSocketMessage, type WebSocketMessageFormat } from './publishItem/webSocketMessageFormat.ts'

export type { FormatAction, HttpResponseFormat, HttpStreamFormat, WebSocketMessageFormat }

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

type Formats = Pick<PublishItem, 'action' | 'httpResponse' | 'httpStream' | 'webSocketMessage'>

const ITEM_NAME = 'publish item object'
const FORMAT_NAMES = ['http-response', 'http-stream', 'ws-message'] as const

/**
 * Parses the bytes of a control request, `{"items": [...]}`. Throws as `parsePublishBody`, and CONTROL_BODY_INVALID when
 * they are not JSON.
 */
export function parsePublishJson(bytes: Uint8Array): PublishItem[] {
  return parsePublishBody(parseJsonBytes(bytes))
}

/**
 * Parses the JSON value of a control request; all items or none. Throws CONTROL_BODY_INVALID with the whole text for the
 * publisher, and ITEM_INVALID with Pushpin's text less the words `Invalid format: ` before it.
 */
export function parsePublishBody(json: unknown): PublishItem[] {
  if (typeof json !== 'object' || json === null) throw bodyInvalid('Body is not valid JSON.')
  if (!isJsonObject(json)) throw bodyInvalid('Invalid format.')
  return parsePublishItems(json, 'json')
}

/** Parses the `items` of an object; all or none. Throws as `parsePublishBody`. */
export function parsePublishItems(
  object: Readonly<Record<string, unknown>>,
  encoding: FieldEncoding,
): PublishItem[] {
  if (!Object.hasOwn(object, 'items')) throw bodyInvalid("Invalid format: object does not contain 'items'")
  const { items } = object
  if (!Array.isArray(items)) throw bodyInvalid("Invalid format: object contains 'items' with wrong type")
  return items.map((item) => parsePublishItem(item, { encoding }))
}

/** How an item came. */
export interface ItemSource {
  readonly encoding: FieldEncoding
  /** The channel that stood beside the item; it wins over the item's own field. */
  readonly channel?: string | undefined
}

const JSON_SOURCE: ItemSource = { encoding: 'json' }

/**
 * Parses one item, a JSON value or what `parseTnetstring` answers. Throws ITEM_INVALID; unknown fields are ignored, an empty
 * id or prev-id is none.
 */
export function parsePublishItem(value: unknown, source: ItemSource = JSON_SOURCE): PublishItem {
  const { encoding } = source
  const fields = new JsonFields(value, { name: ITEM_NAME, code: 'ITEM_INVALID', encoding })
  const channel = source.channel || fields.requiredString('channel')
  const id = fields.string('id') || undefined
  const prevId = fields.string('prev-id') || undefined
  const formats = readFormats(fields)
  const meta = readMeta(fields)
  const size = fields.integer('size', { min: 0, max: MAX_INTEGER })
  const noSeq = fields.boolean('no-seq') ?? false
  return { channel, id, prevId, meta, size, noSeq, ...formats }
}

/** Formats are in `formats`, or else, as old libraries send them, in the item itself. */
function readFormats(item: JsonFields): Formats {
  const nested = item.object('formats', 'formats')
  const formats = nested ?? item
  const isEmpty = nested === undefined ? !FORMAT_NAMES.some((name) => item.has(name)) : nested.isEmpty
  if (isEmpty) return readItemAction(item)
  return {
    action: undefined,
    httpResponse: readFormat(formats, 'http-response', readHttpResponse),
    httpStream: readFormat(formats, 'http-stream', readHttpStream),
    webSocketMessage: readFormat(formats, 'ws-message', readWebSocketMessage),
  }
}

function readFormat<T>(
  formats: JsonFields,
  name: (typeof FORMAT_NAMES)[number],
  read: (fields: JsonFields) => T,
): T | undefined {
  const value = formats.get(name)
  if (value === undefined) return undefined
  return read(new JsonFields(value, { name: `'${name}'`, code: 'ITEM_INVALID', encoding: formats.encoding }))
}

/** An item that asks something of every hold on the channel. */
function readItemAction(item: JsonFields): Formats {
  const action = readAction(item)
  if (action === 'send') throw item.error('no formats specified')
  return { action, httpResponse: undefined, httpStream: undefined, webSocketMessage: undefined }
}

function readMeta(item: JsonFields): PublishItem['meta'] {
  const meta = item.strings('meta', "'meta'")
  return meta === undefined || meta.size === 0 ? undefined : Object.fromEntries(meta)
}

function bodyInvalid(text: string): HoldfastError {
  return new HoldfastError('CONTROL_BODY_INVALID', text)
}
