/**
 * The origin behind the servers under test: `node bench/origin.mjs PORT`, loopback only. It answers GETs and small POSTs,
 * straight from the socket, because `node:http` would cost more than what stands before it.
 *
 *   /plain          200, 100 bytes
 *   /big            200, 64 KB
 *   /stream?c=CH    200, Grip-Hold: stream     (CH may be a list: a,b)
 *   /response?c=CH  200, Grip-Hold: response
 *   /socket?c=CH    WebSocket-over-HTTP: opens, and subscribes to CH; takes whatever else comes
 */
import { createServer } from 'node:net'

const MAX_HEAD_BYTES = 16_384
const NOT_FOUND = response('404 Not Found', 'text/plain', '', 'no such path\n')
const PLAIN = response('200 OK', 'text/plain', '', 'x'.repeat(100))
const BIG = response('200 OK', 'application/octet-stream', '', 'x'.repeat(65_536))

function response(status, type, gripHeaders, body) {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n${gripHeaders}\r\n`
  return Buffer.from(head + body, 'latin1')
}

const NOTHING_NEW = response('200 OK', 'application/websocket-events', '', '')

/** The answer to WebSocket events. */
function socketAnswer(channel, body) {
  if (!body.startsWith('OPEN')) return NOTHING_NEW
  const subscribe = `c:${JSON.stringify({ type: 'subscribe', channel })}`
  const events = `OPEN\r\nTEXT ${subscribe.length.toString(16)}\r\n${subscribe}\r\n`
  return response('200 OK', 'application/websocket-events', 'Sec-WebSocket-Extensions: grip\r\n', events)
}

/** The answer to a request target, with the request's body where it has one. */
function answer(target, body) {
  const socket = /^\/socket\?c=([\w-]+)$/.exec(target)
  if (socket !== null) return socketAnswer(socket[1], body)
  if (target === '/plain') return PLAIN
  if (target === '/big') return BIG
  const held = /^\/(stream|response)\?c=([\w,-]+)$/.exec(target)
  if (held === null) return NOT_FOUND
  const grip = `Grip-Hold: ${held[1]}\r\nGrip-Channel: ${held[2]}\r\n`
  return held[1] === 'stream'
    ? response('200 OK', 'text/event-stream', grip, ':\n\n')
    : response('200 OK', 'text/plain', `${grip}Grip-Timeout: 120\r\n`, '\n')
}

/** The bytes of the body behind a head. */
function bodyBytes(head) {
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
}

/** Answers each complete request in what has arrived; keeps the rest. */
function serve(socket) {
  let pending = ''
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending += chunk.latin1Slice()
    for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
      const next = end + 4 + bodyBytes(pending.slice(0, end))
      if (pending.length < next) break
      const target = pending.slice(pending.indexOf(' ') + 1, pending.indexOf(' HTTP/'))
      socket.write(answer(target, pending.slice(end + 4, next)))
      pending = pending.slice(next)
    }
    if (pending.length > MAX_HEAD_BYTES) socket.destroy()
  })
}

createServer(serve).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 })
