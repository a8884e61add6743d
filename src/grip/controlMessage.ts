import { HoldfastError } from '../errors.ts'
import { isJsonObject, JsonFields } from './jsonFields.ts'
import { parseJsonBytes } from './jsonText.ts'

/** A message that the proxy sends to a client by itself. */
export interface OwnMessage {
  readonly type: 'text' | 'binary' | 'ping' | 'pong'
  readonly content: Buffer
}

/** What an origin asks of the proxy on a WebSocket. GRIP: control messages. */
export type ControlMessage = ChannelControl | { readonly type: 'detach' } | { readonly type: 'session' }

/** Those that are about what the client is sent. */
export type ChannelControl =
  | {
      readonly type: 'subscribe'
      /** As the origin names it, without the route's prefix. */
      readonly channel: string
      readonly filters: readonly string[]
      /** Id of the last item that the client has: later ones are sent at once. Ours: Pushpin's sockets have no history. */
      readonly prevId: string | undefined
    }
  | { readonly type: 'unsubscribe'; readonly channel: string }
  /** No value: the name is forgotten. */
  | { readonly type: 'set-meta'; readonly name: string; readonly value: string | undefined }
  /** No message: none is sent any more. */
  | { readonly type: 'keep-alive'; readonly keepAlive: SocketKeepAliveTerms | undefined }
  | { readonly type: 'send-delayed'; readonly message: OwnMessage; readonly timeoutSeconds: number }
  | { readonly type: 'flush-delayed' }

/** What to send to a client after silence, or in any case. */
export interface SocketKeepAliveTerms {
  readonly message: OwnMessage
  readonly timeoutSeconds: number
  readonly mode: 'idle' | 'interval'
}

const KEEP_ALIVE_SECONDS = 55
const DELAY_SECONDS = 1
const MAX_SECONDS = 86_400
const NO_CONTENT = Buffer.alloc(0)

/**
 * Parses what follows `c:`. Throws CONTROL_MESSAGE_INVALID, and the text names the field; the whole message is to be ignored
 * then. Fields that are not known are ignored, and a field that is there with an empty value is set to that.
 */
export function parseControlMessage(bytes: Uint8Array): ControlMessage {
  const json = parseJsonBytes(bytes)
  if (!isJsonObject(json)) throw invalid('a control message is a JSON object')
  const fields = new JsonFields(json, { name: 'control message', code: 'CONTROL_MESSAGE_INVALID' })
  const type = fields.requiredString('type')
  switch (type) {
    case 'subscribe':
      return {
        type,
        channel: readName(fields, 'channel'),
        filters: readFilters(fields),
        prevId: fields.string('prev-id') || undefined,
      }
    case 'unsubscribe':
      return { type, channel: readName(fields, 'channel') }
    case 'set-meta':
      return { type, name: readName(fields, 'name'), value: fields.string('value') }
    case 'keep-alive':
      return { type, keepAlive: readKeepAlive(fields) }
    case 'send-delayed': {
      const message = readMessage(fields) ?? { type: readType(fields) ?? 'text', content: NO_CONTENT }
      return { type, message, timeoutSeconds: readTimeout(fields, DELAY_SECONDS) }
    }
    case 'detach':
    case 'flush-delayed':
      return { type }
    case 'session':
      // Of use to a state service only, which holdfast has not; the field is checked all the same.
      fields.string('id')
      return { type }
    default:
      throw fields.unknownValue('type')
  }
}

function readName(fields: JsonFields, key: string): string {
  const name = fields.requiredString(key)
  if (name === '') throw fields.invalidValue(key)
  return name
}

function readFilters(fields: JsonFields): readonly string[] {
  return (fields.list('filters') ?? []).map((filter) => {
    if (typeof filter !== 'string') throw fields.wrongType('filters')
    return filter
  })
}

/** Without content there is no keep-alive, and the other fields do not matter. */
function readKeepAlive(fields: JsonFields): SocketKeepAliveTerms | undefined {
  const message = readMessage(fields)
  if (message === undefined) return undefined
  // As Pushpin: every other word means idle.
  const mode = fields.string('mode') === 'interval' ? 'interval' : 'idle'
  return { message, timeoutSeconds: readTimeout(fields, KEEP_ALIVE_SECONDS), mode }
}

function readMessage(fields: JsonFields): OwnMessage | undefined {
  const content = fields.bytes({ base64: 'content-bin', text: 'content' })
  if (content === undefined) return undefined
  // A deviation: Pushpin sends `content-bin` as text unless told otherwise.
  return { type: readType(fields) ?? (fields.has('content-bin') ? 'binary' : 'text'), content }
}

function readType(fields: JsonFields): OwnMessage['type'] | undefined {
  const type = fields.string('message-type')
  switch (type) {
    case undefined:
    case 'text':
    case 'binary':
    case 'ping':
    case 'pong':
      return type
    default:
      throw fields.unknownValue('message-type')
  }
}

/** Whatever Pushpin's JSON library makes an integer of, booleans too; 0 is the default. */
function readTimeout(fields: JsonFields, defaultSeconds: number): number {
  const value = fields.get('timeout')
  const seconds = typeof value === 'boolean' ? Number(value) : fields.seconds('timeout')
  return Math.min(seconds || defaultSeconds, MAX_SECONDS)
}

function invalid(text: string): HoldfastError {
  return new HoldfastError('CONTROL_MESSAGE_INVALID', text)
}
