/** The media type of a body of events. GRIP: WebSocket-over-HTTP. */
export const SOCKET_EVENTS_TYPE = 'application/websocket-events'

/** What an event can be. GRIP: WebSocket-over-HTTP. */
export type WebSocketEventType = 'OPEN' | 'TEXT' | 'BINARY' | 'PING' | 'PONG' | 'CLOSE' | 'DISCONNECT'

/** One event of a body; its content is empty for OPEN and DISCONNECT. */
export interface WebSocketEvent {
  readonly type: WebSocketEventType
  readonly content: Buffer
}

/** What a Close says; no code where it had none. */
export interface CloseContent {
  readonly code: number | undefined
  readonly reason: string
}

const NO_CONTENT = Buffer.alloc(0)
const CRLF = '\r\n'
const CODE_BYTES = 2

/** Encodes events as the body of a request: lower-case hex sizes, and none where there is no content. */
export function encodeEvents(events: readonly WebSocketEvent[]): Buffer {
  const parts: Buffer[] = []
  for (const { type, content } of events) {
    if (content.length === 0) parts.push(Buffer.from(type + CRLF))
    else parts.push(Buffer.from(`${type} ${content.length.toString(16)}${CRLF}`), content, Buffer.from(CRLF))
  }
  return Buffer.concat(parts)
}

/** Makes an event without content. */
export function bareEvent(type: WebSocketEventType): WebSocketEvent {
  return { type, content: NO_CONTENT }
}

/** Reads the content of a CLOSE; one that is too short for a code has none. */
export function readCloseContent(content: Buffer): CloseContent {
  if (content.length < CODE_BYTES) return { code: undefined, reason: '' }
  return { code: content.readUInt16BE(), reason: content.toString('utf8', CODE_BYTES) }
}
