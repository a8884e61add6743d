import type { Duplex } from 'node:stream'

/**
 * Pushpin's words for what the parser of `node:http` says, operations.md §7.3; the first that matches counts. What Pushpin takes and
 * we do not is told in the parser's own words.
 */
const REASONS: readonly (readonly [said: RegExp, reason: string])[] = [
  [/^Invalid (method|char|characters) /, 'invalid token'],
  [/^Invalid header value/, 'invalid header value'],
  [/^Invalid header/, 'invalid header name'],
  [/chunk data$/, 'invalid chunk suffix'],
  [/^(Missing e|E)xpected (CR|LF)/, 'invalid new line'],
  [/ in Content-Length$|^Content-Length overflow/, 'invalid content length'],
  [/invalid .Transfer-Encoding/, 'unsupported transfer encoding'],
  [/ in chunk size$/, 'invalid chunk size'],
  [/^Chunk size overflow/, 'chunk too large'],
  [/^Expected HTTP/, 'invalid HTTP version'],
]

interface ParserError extends Error {
  readonly code?: string
  readonly reason?: string
}

/**
 * Answers what `node:http` could not parse, or did not get in time, and closes the connection. Texts as Pushpin's,
 * operations.md §7.3; a client that takes too long to send its head gets 408, where Pushpin has no such limit.
 */
export function answerClientError(
  error: ParserError,
  socket: Duplex,
  context: { readonly maxHeaderBytes: number; readonly onAnswer: (answer: string) => void },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, text] = describe(error, context.maxHeaderBytes)
  context.onAnswer(`${status.slice(0, 3)} ${text}`)
  answerAndClose(socket, status, text)
}

/** Answers on a bare connection with a text of our own, and closes it when that is written, whatever the client does. */
export function answerAndClose(socket: Duplex, status: string, text: string, fields = ''): void {
  const body = `${text}\n`
  const length = Buffer.byteLength(body)
  endWith(
    socket,
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n${fields}Connection: close\r\n\r\n${body}`,
  )
}

/** Sends a whole answer on a bare connection and closes it when that is written, whatever the client does. */
export function endWith(socket: Duplex, answer: string | Buffer): void {
  // A client that has left meanwhile is no fault of ours: without a listener the event would end the process.
  socket.on('error', () => socket.destroy())
  // Nobody reads the connection any more, so its end would not be seen.
  socket.end(answer, () => socket.destroy())
}

function describe(error: ParserError, maxHeaderBytes: number): [status: string, text: string] {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['400 Bad Request', `Request header size exceeded limit of ${maxHeaderBytes} bytes.`]
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'Request header was not complete in time.']
    case 'HPE_INVALID_VERSION':
      // That is also what follows the version on its line.
      if (error.reason?.startsWith('Expected CR')) break
      return ['505 HTTP Version Not Supported', 'Failed to parse request: unsupported HTTP version']
  }
  return ['400 Bad Request', `Failed to parse request: ${reasonOf(error)}`]
}

function reasonOf({ reason = 'malformed' }: ParserError): string {
  return REASONS.find(([said]) => said.test(reason))?.[1] ?? reason
}
