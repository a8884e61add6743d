/** What one end of a WebSocket does: a message, a control frame, or an end without a Close. */
export type SocketEvent =
  | { readonly kind: 'text' | 'binary' | 'ping' | 'pong'; readonly content: Buffer }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: 'drop' }

export function text(content: string | Buffer): SocketEvent {
  return { kind: 'text', content: Buffer.from(content as string) }
}

export function binary(content: Buffer): SocketEvent {
  return { kind: 'binary', content }
}

export function ping(content = ''): SocketEvent {
  return { kind: 'ping', content: Buffer.from(content) }
}

export function pong(content = ''): SocketEvent {
  return { kind: 'pong', content: Buffer.from(content) }
}

export function close(code?: number, reason = ''): SocketEvent {
  return { kind: 'close', code, reason }
}

/** A control message of GRIP. */
export function control(message: unknown): SocketEvent {
  return text(`c:${typeof message === 'string' ? message : JSON.stringify(message)}`)
}

/** Ends the connection as a crash would; over HTTP, fails the request. */
export const DROP: SocketEvent = { kind: 'drop' }

/** Writes an event as the lists of what was heard have it: `text hi`, `binary 00ff`, `close 1000 bye`, `drop`. */
export function wordsOf(event: SocketEvent): string {
  switch (event.kind) {
    case 'binary':
      return `binary ${event.content.toString('hex')}`
    case 'close':
      return `close ${event.code ?? 'empty'} ${event.reason}`.trim()
    case 'drop':
      return 'drop'
    default:
      return `${event.kind} ${event.content}`.trim()
  }
}

/** Reads the content of a Close. */
export function closeFrom(content: Buffer): SocketEvent {
  return content.length < 2 ? close() : close(content.readUInt16BE(0), content.toString('utf8', 2))
}

/** The content of a Close, whatever its code. */
export function closeContent(event: SocketEvent): Buffer {
  if (event.kind !== 'close' || event.code === undefined) return Buffer.alloc(0)
  return Buffer.concat([Buffer.of((event.code >> 8) & 255, event.code & 255), Buffer.from(event.reason)])
}

/** What a client's message begins with that tells the test's origin what to do, whatever the way between them. */
const TELL = 'tell:'

/** Makes the message that has an origin do something. */
export function tellMessage(events: readonly SocketEvent[]): string {
  return TELL + JSON.stringify(events.map((event) => ({ ...event, content: base64Of(event) })))
}

/** Reads such a message; undefined for any other. */
export function toldBy(event: SocketEvent): readonly SocketEvent[] | undefined {
  if (event.kind !== 'text' || !event.content.toString('latin1', 0, TELL.length).startsWith(TELL))
    return undefined
  const events = JSON.parse(event.content.toString('utf8', TELL.length)) as { content?: string }[]
  return events.map(
    (told) => ({ ...told, content: Buffer.from(told.content ?? '', 'base64') }) as SocketEvent,
  )
}

function base64Of(event: SocketEvent): string | undefined {
  return 'content' in event ? event.content.toString('base64') : undefined
}
