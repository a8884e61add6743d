/**
 * What happens on a WebSocket, as holdfast puts it into HTTP requests and reads it from their answers: a line with a type and
 * the length of what follows in hexadecimal, then the content. GRIP: WebSocket-over-HTTP.
 */

/** Reads the events of a request's body; `content` is a Buffer, empty where an event has none. */
export function decodeEvents(body) {
  const events = []
  let at = 0
  while (at < body.length) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) throw new Error('the last event has no end')
    const [type, size = '0'] = body.toString('latin1', at, lineEnd).split(' ')
    const start = lineEnd + 2
    const length = Number.parseInt(size, 16)
    events.push({ type, content: body.subarray(start, start + length) })
    at = start + length + (length > 0 ? 2 : 0)
  }
  return events
}

/** Writes the events of an answer's body; `content` is text or a Buffer. */
export function encodeEvents(events) {
  const parts = events.flatMap(({ type, content = '' }) => {
    const bytes = Buffer.from(content)
    return bytes.length === 0 ? [`${type}\r\n`] : [`${type} ${bytes.length.toString(16)}\r\n`, bytes, '\r\n']
  })
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}
