import type { MessageFraming } from '../../edges/socket.ts'
import { isSendableCloseCode } from '../../util/webSocketClose.ts'

/** The client's WebSocket is open. SockJS 0.3.3: framing accepted by the client. */
export const OPEN_FRAME = Buffer.from('o')
/** Keeps a connection from looking dead. SockJS 0.3.3: heartbeat frame. */
export const HEARTBEAT_FRAME = Buffer.from('h')

/** Told to a request for frames while another one waits. */
export const STILL_OPEN_FRAME = Buffer.from('c[2010,"Another connection still open"]')
/** Told to a request for frames after the client itself broke one off. Pushpin's text. */
export const ALREADY_CLOSED_FRAME = Buffer.from('c[3000,"Client already closed connection"]')

/** What is told where nobody gave a reason. Pushpin's text. */
const NO_REASON = 'Connection closed'
const NORMAL_CLOSURE = 1000

/** What browsers change on the way, beside what JSON escapes anyway. SockJS 0.3.3: JSON Unicode Encoding. */
const MANGLED = /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]/g

const NOTHING = Buffer.alloc(0)
const COMMA = ','
const CLOSING_BRACKET = 0x5d

/** Makes a close frame. No code is told as 0, as Pushpin does, and one that no frame may have as 1000. */
export function closeFrame(code: number | undefined, reason: string): Buffer {
  const shown = code === undefined || isSendableCloseCode(code) ? (code ?? 0) : NORMAL_CLOSURE
  return Buffer.from(`c[${shown},${quote(code === undefined || reason === '' ? NO_REASON : reason)}]`)
}

/** Makes a frame of one message. Bytes that are not UTF-8 become U+FFFD, as binary messages have no form of their own. */
export function messageFrame(content: Buffer): Buffer {
  return Buffer.from(`a[${quote(content.toString())}]`)
}

/**
 * How messages are kept for clients that come for them: each as a JSON string with a comma, so that any number of them becomes one
 * frame without a look at them. Pings and pongs have no form.
 */
export const LISTED_FRAMING: MessageFraming = {
  name: 'sockjs',
  frame: (type, content) => (isMessage(type) ? Buffer.from(`${quote(content.toString())}${COMMA}`) : NOTHING),
}

/** Joins messages as `LISTED_FRAMING` has them, at least one, to a frame. */
export function listedFrame(parts: readonly Buffer[]): Buffer {
  const frame = Buffer.concat([Buffer.from('a['), ...parts])
  frame[frame.length - 1] = CLOSING_BRACKET
  return frame
}

const framedOver = new WeakMap<MessageFraming, MessageFraming>()

/** Returns the framing of SockJS messages on WebSockets of that framing; the same object each time. */
export function sockJsFraming(inner: MessageFraming): MessageFraming {
  const known = framedOver.get(inner)
  if (known !== undefined) return known
  const framing: MessageFraming = {
    name: `sockjs ${inner.name}`,
    frame: (type, content) => (isMessage(type) ? inner.frame('text', messageFrame(content)) : NOTHING),
  }
  framedOver.set(inner, framing)
  return framing
}

function isMessage(type: string): boolean {
  return type === 'text' || type === 'binary'
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    MANGLED,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
