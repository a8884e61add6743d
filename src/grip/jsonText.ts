const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses JSON text in UTF-8, with or without a byte order mark; undefined when it is not JSON. RFC 8259 §8.1. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // No JSON value is undefined. The parser's message would quote the body, which may be anybody's data.
    return undefined
  }
}
