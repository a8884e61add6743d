/**
 * The origin behind the servers under test: `node bench/origin.mjs PORT`, loopback only. It answers GETs and nothing
 * else, straight from the socket, because `node:http` would cost more than what stands before it.
 *
 *   /plain          200, 100 bytes
 *   /big            200, 64 KB
 *   /stream?c=CH    200, Grip-Hold: stream     (CH may be a list: a,b)
 *   /response?c=CH  200, Grip-Hold: response
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

/** The answer to a request target. */
function answer(target) {
  if (target === '/plain') return PLAIN
  if (target === '/big') return BIG
  const held = /^\/(stream|response)\?c=([\w,-]+)$/.exec(target)
  if (held === null) return NOT_FOUND
  const grip = `Grip-Hold: ${held[1]}\r\nGrip-Channel: ${held[2]}\r\n`
  return held[1] === 'stream'
    ? response('200 OK', 'text/event-stream', grip, ':\n\n')
    : response('200 OK', 'text/plain', `${grip}Grip-Timeout: 120\r\n`, '\n')
}

/** Answers each complete head in what has arrived; keeps the rest. */
function serve(socket) {
  let pending = ''
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending += chunk.latin1Slice()
    for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
      socket.write(answer(pending.slice(pending.indexOf(' ') + 1, pending.indexOf(' HTTP/'))))
      pending = pending.slice(end + 4)
    }
    if (pending.length > MAX_HEAD_BYTES) socket.destroy()
  })
}

createServer(serve).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 })
