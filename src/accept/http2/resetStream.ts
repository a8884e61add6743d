import type { ServerHttp2Stream } from 'node:http2'

/**
 * Breaks a stream with RST_STREAM and an error code, so that the client cannot take what it has for the whole. `close` alone
 * ends the answer first, and a DATA frame with END_STREAM goes out before the reset: nothing is left to end here.
 */
export function resetStream(stream: ServerHttp2Stream, code: number): void {
  stream._final = (done) => done()
  stream.close(code)
}
