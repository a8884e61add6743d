import { isUtf8 } from 'node:buffer'

/**
 * Text of header fields. On the wire fields are bytes, and RawHeaders hold one character per byte; names of channels,
 * meta and URLs are UTF-8 within those bytes, and JSON brings real text. These functions go between the two.
 */

const NON_ASCII = /[^\x00-\x7f]/
const WIDE = /[^\x00-\xff]/
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/
const MAX_SHOWN_LENGTH = 200

/** Reads UTF-8 out of a header value; a value whose bytes are not UTF-8 is returned as it is. */
export function textFromWire(value: string): string {
  if (!NON_ASCII.test(value) || WIDE.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

/** Writes text as a header value of UTF-8 bytes, one character per byte. */
export function wireFromText(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** Tells whether text can be a field name. RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Tells whether wire text can be a field value or a reason phrase: no CR, LF, NUL or other control. RFC 9110 §5.5. */
export function isFieldText(wire: string): boolean {
  return FIELD_TEXT.test(wire)
}

/**
 * Removes spaces and tabs at both ends. `String.trim` takes U+00A0 and U+0085 too, which in wire text are the second
 * halves of letters.
 */
export function trimOws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start++
  while (end > start && isOws(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Makes outside text fit for one line of a log or an error answer: no control characters, and not endless. */
export function shownText(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f]/g, escapeControl)
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH)}...` : line
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}
