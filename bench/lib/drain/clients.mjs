/** The clients of bench/drain.mjs. Each asks to be held, and tells when it was let go and what was wrong with how. */
import { connect as connectByHttp2, constants } from 'node:http2'
import { connect } from 'node:net'

const HOST = '127.0.0.1'
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const CLOSE_1001 = Buffer.from([0x88, 2, 0x03, 0xe9])
/** The same, masked with zeros, as an answer. */
const ANSWER_1001 = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9])
const LAST_CHUNK = '0\r\n\r\n'

/**
 * What is wrong with all that a client was sent, its head in front, by kind; undefined when nothing is. `faultOf` sees what came
 * until the connection ended by FIN.
 */
const faultOf = {
  stream: (text) => (text.endsWith(LAST_CHUNK) ? undefined : 'no last chunk'),
  poll: (text) => {
    if (!text.startsWith('HTTP/1.1 200 ') || !text.endsWith('\r\n\r\nheld\n')) return 'no timeout response'
    return /\r\nconnection: close\r\n/i.test(text) ? undefined : 'no Connection: close'
  },
  sockJs: (text) => {
    if (!text.includes('data: c[1001,')) return 'no close frame'
    return text.endsWith(LAST_CHUNK) ? undefined : 'no last chunk'
  },
  webSocket: (text) => (text.endsWith(CLOSE_1001.toString('latin1')) ? undefined : 'no Close 1001'),
}

const heads = {
  stream: () => 'GET /stream HTTP/1.1\r\nHost: h\r\n\r\n',
  poll: () => 'GET /poll HTTP/1.1\r\nHost: h\r\n\r\n',
  sockJs: (n) => `GET /sock/000/s${n}/eventsource HTTP/1.1\r\nHost: h\r\n\r\n`,
  webSocket: () =>
    `GET /socket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
}

/** Kinds that need a connection each. */
export const PLAIN_KINDS = Object.keys(heads)

/**
 * Opens one client. Resolves when it is connected and has asked, or, where that shows, is held; `onEnd` is called once with what was wrong,
 * or undefined.
 */
export function openPlain(port, kind, { number, onEnd }) {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    let text = ''
    let fault
    socket.on('connect', () => socket.write(heads[kind](number), () => kind === 'poll' && resolve()))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      resolve()
      if (kind === 'webSocket' && faultOf.webSocket(text) === undefined) socket.write(ANSWER_1001)
    })
    socket.on('error', (error) => {
      fault = error.code
    })
    socket.on('end', () => {
      fault ??= faultOf[kind](text)
    })
    socket.on('close', () => {
      resolve()
      onEnd(socket.readableEnded ? fault : (fault ?? 'broken off'))
    })
  })
}

/** Kinds that share connections of HTTP/2. */
export const HTTP2_KINDS = ['http2Stream', 'http2Poll', 'http2WebSocket']

/** Opens a connection of HTTP/2. `toldMs` is when it was told to go. */
export async function openConnection(port) {
  const session = connectByHttp2(`https://${HOST}:${port}`, { rejectUnauthorized: false })
  const connection = { session, toldMs: undefined, open: openShared }
  session.on('error', () => {})
  session.on('goaway', () => {
    connection.toldMs ??= performance.now()
  })
  await new Promise((resolve, reject) => {
    session.once('remoteSettings', resolve)
    session.once('error', reject)
  })
  return connection
}

/** As `openPlain`, on a stream of the connection. */
function openShared(kind, { onEnd }) {
  const isSocket = kind === 'http2WebSocket'
  const stream = this.session.request(
    isSocket ? EXTENDED_CONNECT : { ':path': kind === 'http2Stream' ? '/stream' : '/poll' },
    { endStream: !isSocket },
  )
  let bytes = Buffer.alloc(0)
  let isWhole = false
  stream.on('error', () => {})
  stream.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    if (isSocket && bytes.equals(CLOSE_1001)) stream.end(ANSWER_1001)
  })
  stream.on('end', () => {
    isWhole = true
  })
  stream.on('close', () => {
    if (!isWhole || stream.rstCode !== constants.NGHTTP2_NO_ERROR) onEnd(`reset with ${stream.rstCode}`)
    else if (this.toldMs === undefined) onEnd('no GOAWAY before its end')
    else if (isSocket) onEnd(bytes.equals(CLOSE_1001) ? undefined : 'no Close 1001')
    else onEnd(bytes.toString() === 'held\n' ? undefined : 'another body')
  })
  return new Promise((resolve) => {
    stream.once('close', resolve)
    if (kind === 'http2Poll') resolve()
    else stream.once('response', resolve)
  })
}

const EXTENDED_CONNECT = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':path': '/socket',
  'sec-websocket-version': '13',
}
