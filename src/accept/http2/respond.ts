import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2'
import type { RawHeaders } from '../../util/headers.ts'
import { goAwayFirst } from './leaving.ts'
import { responseFields } from './responseFields.ts'

/** Answers with a text of our own. */
export function refuseStream(
  stream: ServerHttp2Stream,
  { status, text, fields = [] }: { status: number; text: string; fields?: RawHeaders },
): void {
  const body = `${text}\n`
  const headers = ['content-type', 'text/plain', 'content-length', String(Buffer.byteLength(body)), ...fields]
  if (!respond(stream, status, headers)) return
  endStream(stream, body)
  whenWritten(stream, () => stream.close(constants.NGHTTP2_NO_ERROR))
}

/** The option is not in the types. The origin says when an answer was made; we add nothing. */
const WITHOUT_DATE = { sendDate: false } as ServerStreamResponseOptions

/** Sends an answer's head; false when the stream is gone or has one. */
export function respond(stream: ServerHttp2Stream, status: number, headers: RawHeaders): boolean {
  if (stream.destroyed || stream.closed || stream.headersSent) return false
  goAwayFirst(stream)
  stream.respond(responseFields(status, headers), WITHOUT_DATE)
  return true
}

/** Ends an answer, with the last part of its body if there is one. */
export function endStream(stream: ServerHttp2Stream, chunk?: Buffer | string): void {
  goAwayFirst(stream)
  if (chunk === undefined) stream.end()
  else stream.end(chunk)
}

/** Calls `then` when all of an answer that has ended is written. */
export function whenWritten(stream: ServerHttp2Stream, then: () => void): void {
  if (stream.writableFinished) then()
  else stream.once('finish', then)
}
