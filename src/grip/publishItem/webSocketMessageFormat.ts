import { type JsonFields, MAX_INTEGER } from '../jsonFields.ts'
import { readAction, readContentFilters } from './formatFields.ts'

/** What a held WebSocket gets. GRIP: `ws-message`. */
export type WebSocketMessageFormat =
  | {
      readonly action: 'send'
      readonly type: 'text' | 'binary' | 'ping' | 'pong'
      readonly content: Buffer
      readonly contentFilters: readonly string[] | undefined
    }
  /** The code as published: common libraries send 0, and nobody has checked that it may stand in a Close frame. */
  | { readonly action: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly action: 'hint' | 'refresh' }

type Sent = Extract<WebSocketMessageFormat, { action: 'send' }>

/** Reads `ws-message`. `hint` and `refresh` have no further fields. */
export function readWebSocketMessage(fields: JsonFields): WebSocketMessageFormat {
  const action = readAction(fields)
  if (action === 'send') return readSent(fields)
  if (action !== 'close') return { action }
  const code = fields.integer('code', { min: 0, max: MAX_INTEGER })
  return { action, code, reason: fields.string('reason') ?? '' }
}

function readSent(fields: JsonFields): Sent {
  const type = readType(fields)
  const contentFilters = readContentFilters(fields)
  // The one binary field that Pushpin reads in tnetstrings, too.
  const content = fields.bytes({ base64: 'content-bin', text: 'content' })
  if (content === undefined && type !== 'ping' && type !== 'pong') {
    throw fields.missing("'content' or 'content-bin'")
  }
  return {
    action: 'send',
    type: type ?? (fields.has('content-bin') ? 'binary' : 'text'),
    content: content ?? Buffer.alloc(0),
    contentFilters,
  }
}

function readType(fields: JsonFields): Sent['type'] | undefined {
  const type = fields.string('type')
  switch (type) {
    case undefined:
    case 'text':
    case 'binary':
    case 'ping':
    case 'pong':
      return type
    default:
      throw fields.unknownValue('type')
  }
}
