import type { ClientResponse } from '../edges/client.ts'
import type { HoldfastError } from '../errors.ts'
import { reasonFor } from '../grip/statusReasons.ts'

/** An answer of our own: what every client sees, and what is added where `debug` is on. */
export interface ErrorAnswer {
  readonly status: number
  readonly text: string
  readonly debugText?: string
}

/** What a client is told of all that goes wrong behind us. Pushpin's text. */
export const PROXYING_FAILED = 'Error while proxying to origin.'

/** GRIP proxies answer so; texts as Pushpin's. */
export const ROUTE_NOT_FOUND: ErrorAnswer = { status: 502, text: 'Route not found' }
/** For an answer with instructions to a request whose body was too large to be kept: it may have to be sent again. */
export const REQUEST_TOO_LARGE: ErrorAnswer = {
  status: 400,
  text: 'Request too large to accept GRIP instruct.',
}
/** For a client that speaks WebSocket-over-HTTP itself. */
export const SOCKET_EVENTS_FORBIDDEN: ErrorAnswer = {
  status: 403,
  text: 'Client not allowed to send WebSocket events directly.',
}

/** Maps a failure on the way to the origin, or in its instructions, to the client's answer. */
export function originFailure(error: HoldfastError, tried: readonly string[]): ErrorAnswer {
  switch (error.code) {
    case 'ORIGIN_TIMEOUT':
      return { status: 504, text: PROXYING_FAILED, debugText: error.message }
    case 'ORIGIN_UNREACHABLE': {
      const debugText = `Unable to connect to any targets. Tried: ${tried.join(', ')}`
      return { status: 502, text: PROXYING_FAILED, debugText }
    }
    case 'ORIGIN_DENIED':
      return { status: 502, text: PROXYING_FAILED, debugText: 'Error: Origin host/IP blocked.' }
    case 'INSTRUCT_INVALID': {
      const advice = error.advice === undefined ? '' : `\n${error.advice}`
      const debugText = `Failed to parse accept instructions: ${error.message}${advice}`
      return { status: 502, text: PROXYING_FAILED, debugText }
    }
    default:
      return { status: 502, text: PROXYING_FAILED, debugText: error.message }
  }
}

/** Sends an answer of our own; to be used only while the response has not started. */
export function sendError(response: ClientResponse, answer: ErrorAnswer, debug: boolean): number {
  const body = Buffer.from(`${debug ? (answer.debugText ?? answer.text) : answer.text}\n`)
  const headers = ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]
  response.head({ status: answer.status, reason: reasonFor(answer.status), headers })
  response.end(body)
  return body.length
}
