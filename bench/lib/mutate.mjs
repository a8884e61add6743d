/** Requests that are changed at random, for long runs against a live server; the tests have their own, with shrinking. */
const SEEDS = [
  'GET /small HTTP/1.1\r\nHost: h\r\n\r\n',
  'POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
  'POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'GET /stream/s HTTP/1.1\r\nHost: h\r\n\r\n',
  'GET /small HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  'POST /publish/ HTTP/1.1\r\nHost: h\r\nContent-Length: 74\r\n\r\n{"items":[{"channel":"s","formats":{"http-stream":{"content":"hello\\n"}}}]}',
]
const SHARP = '\r|\n|\r\n|\0| |\t|:|;|,|"|{|}|[|\\|\x7f|\xff|9|-'.split('|')
const pick = (list) => list[Math.floor(Math.random() * list.length)]

/** A request as Latin-1 text with up to three places changed. */
export function mutatedRequest() {
  let result = pick(SEEDS)
  for (let n = Math.floor(Math.random() * 4); n > 0; n--) {
    const at = Math.floor(Math.random() * (result.length + 1))
    result = result.slice(0, at) + pick(SHARP) + result.slice(at + Math.floor(Math.random() * 3))
  }
  return result
}
