import type { Duplex } from 'node:stream'

interface ParserError extends Error {
  readonly code?: string
  readonly reason?: string
}

/**
 * Answers what `node:http` could not parse, or did not get in time, and closes the connection. Texts as Pushpin's,
 * operations.md §7.3; a client that takes too long to send its head gets 408, where Pushpin has no such limit.
 */
export function answerClientError(error: ParserError, socket: Duplex, maxHeaderBytes: number): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, text] = describe(error, maxHeaderBytes)
  const body = `${text}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    // The client may still be sending: without this it would see a reset in place of the answer.
    () => socket.destroy(),
  )
}

function describe(error: ParserError, maxHeaderBytes: number): [status: string, text: string] {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['400 Bad Request', `Request header size exceeded limit of ${maxHeaderBytes} bytes.`]
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'Request header was not complete in time.']
    default:
      return ['400 Bad Request', `Failed to parse request: ${error.reason ?? 'malformed'}`]
  }
}
