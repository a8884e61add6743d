import type { Socket } from 'node:net'
import { type ControlAnswer, encodeLastAnswer, textAnswer } from './controlAnswer.ts'
import { ControlConnection } from './controlConnection.ts'
import { LINGER_MS } from './controlRequest.ts'

/** An error of `node:http`'s parser, or of its time limits. */
export interface ParserError extends Error {
  readonly code?: string
}

/** Answers what cannot be parsed or does not come in time, after the answers that are due before it. */
export function refuseConnection(error: ParserError, socket: Socket): void {
  // Bytes that come after the first fault are faults too; the answer is on its way.
  if (socket.writableEnded) return
  // RFC 9112 §9.6: nothing counts after a request that asked for the end of the connection, which its answer brings.
  if (error.code === 'HPE_CLOSED_CONNECTION') return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const fault = faultAnswer(error)
  const { last } = ControlConnection.on(socket)
  if (last === undefined) endWith(socket, fault)
  else last.breakConnection(fault, () => endWith(socket, fault))
}

/** Texts as Pushpin's, operations.md §3.2; it has no time limits. */
function faultAnswer(error: ParserError): ControlAnswer {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return textAnswer(400, 'Request header too large.')
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
      return textAnswer(400, 'Bad Content-Length.')
    case 'HPE_INVALID_CHUNK_SIZE':
    case 'HPE_STRICT':
      return textAnswer(400, 'Failed to parse request body.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return textAnswer(408, 'Request was not complete in time.')
    default:
      return textAnswer(400, 'Failed to parse request header.')
  }
}

/** Ends our side, and the client's a little later, so that it reads the answer before it sees a reset. */
function endWith(socket: Socket, answer: ControlAnswer): void {
  if (!socket.writable) return
  socket.end(encodeLastAnswer(answer))
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}
