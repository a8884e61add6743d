import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HoldfastError } from '../../errors.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import { endSocket } from './upgradedSocket.ts'
import { encodeHead } from './wireHeaders.ts'

const TEXT = 'Error while proxying to origin.'

/** Maps the failure of a request to its status. */
export function failureStatus(error: HoldfastError): 502 | 504 {
  return error.code === 'ORIGIN_TIMEOUT' ? 504 : 502
}

/** Answers a request that no origin has answered. Texts as Pushpin's; with `debug` the text says what failed. Returns the body's bytes. */
export function answerFailure(response: ServerResponse, error: HoldfastError, debug: boolean): number {
  const { body, headers } = failureAnswer(error, debug)
  response.writeHead(failureStatus(error), reasonFor(failureStatus(error)), headers)
  response.end(body)
  return Buffer.byteLength(body)
}

/** Answers an upgrade request that no origin has answered, and ends the connection. Returns the body's bytes. */
export function answerUpgradeFailure(socket: Duplex, error: HoldfastError, debug: boolean): number {
  const { body, headers } = failureAnswer(error, debug)
  const status = failureStatus(error)
  const head = encodeHead(`HTTP/1.1 ${status} ${reasonFor(status)}`, [...headers, 'Connection', 'close'])
  socket.write(`${head}\r\n${body}`)
  endSocket(socket)
  return Buffer.byteLength(body)
}

function failureAnswer(error: HoldfastError, debug: boolean): { body: string; headers: string[] } {
  const body = `${debug ? error.message : TEXT}\n`
  return { body, headers: ['Content-Type', 'text/plain', 'Content-Length', String(Buffer.byteLength(body))] }
}
