const CRLF = Buffer.from('\r\n')

/** The chunk that ends a chunked body without trailers. RFC 9112 §7.1. */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** Frames bytes as one chunk of a chunked body; empty input gives empty output, as an empty chunk would end the body. */
export function encodeChunk(parts: readonly Buffer[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  if (length === 0) return Buffer.alloc(0)
  return Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`, 'latin1'), ...parts, CRLF])
}
