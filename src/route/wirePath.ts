/**
 * Percent-encodes what cannot stand in a request target (spaces, controls, all but ASCII) as UTF-8 and leaves the
 * rest alone, so that a path written by a person compares equal with the path a client sends (RFC 3986 §2.5).
 */
export function toWirePath(path: string): string {
  if (!/[^!-~]/.test(path)) return path
  let encoded = ''
  for (const byte of Buffer.from(path))
    encoded += isGraphic(byte) ? String.fromCharCode(byte) : escapeByte(byte)
  return encoded
}

function isGraphic(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
