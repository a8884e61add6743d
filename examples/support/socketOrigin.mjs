/**
 * An HTTP server that serves WebSockets and holds none: holdfast holds them, and asks it what to do when one opens, when a message
 * comes and when it is gone.
 */
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { decodeEvents, encodeEvents } from './socketEvents.mjs'

const SOCKET_EVENTS = 'application/websocket-events'

/**
 * Starts the server on `port` of the loopback interface (0 takes a free one) and answers it. The application is asked by
 *
 *     open(socket)                   may return false to refuse
 *     message(socket, text)
 *     gone(socket, { isLost })       `isLost` when the client did not say goodbye
 *     request(request, response)     anything else than a WebSocket
 *
 * and does with a socket what `createSocket` says.
 */
export async function startSocketOrigin(application, port = 0) {
  const server = createServer((request, response) => {
    answer(application, request, response).catch((error) => {
      console.error(error)
      response.writeHead(500).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

async function answer(application, request, response) {
  if (request.headers['content-type'] !== SOCKET_EVENTS) {
    await application.request(request, response)
    return
  }
  const socket = createSocket(request)
  for (const event of decodeEvents(await buffer(request))) await take(application, socket, event)
  if (socket.isRefused) response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Not for you.\n')
  else {
    response.writeHead(200, {
      'Content-Type': SOCKET_EVENTS,
      'Sec-WebSocket-Extensions': 'grip', // That we speak GRIP: `m:` is a message, `c:` an instruction.
      ...setMetas(request, socket.meta),
    })
    response.end(encodeEvents(socket.events))
  }
}

async function take(application, socket, { type, content }) {
  switch (type) {
    case 'OPEN':
      socket.events.push({ type: 'OPEN' })
      socket.isRefused = (await application.open(socket)) === false
      break
    case 'TEXT':
      await application.message(socket, content.toString())
      break
    case 'PING':
      socket.events.push({ type: 'PONG', content })
      break
    case 'CLOSE':
      socket.events.push({ type: 'CLOSE', content })
      await application.gone(socket, { isLost: false })
      break
    case 'DISCONNECT':
      await application.gone(socket, { isLost: true })
      break
    default: // BINARY, which nobody here uses, and PONG.
  }
}

/**
 * A client's WebSocket for as long as one request takes; `id` is the same in all of its requests, and `meta` is what the
 * application has written into it in earlier ones: holdfast keeps it, as text by lower-case names.
 */
function createSocket(request) {
  const events = []
  const control = (message) => events.push({ type: 'TEXT', content: `c:${JSON.stringify(message)}` })
  return {
    id: request.headers['connection-id'],
    url: new URL(request.url, 'http://origin'),
    meta: readMetas(request),
    events,
    isRefused: false,
    /** Sends a message to this client alone. */
    send: (text) => events.push({ type: 'TEXT', content: `m:${text}` }),
    /** Lets the client have what is published on a channel. */
    subscribe: (channel) => control({ type: 'subscribe', channel }),
    /** Lets the client have it no more. */
    unsubscribe: (channel) => control({ type: 'unsubscribe', channel }),
    /** Has holdfast send a ping whenever the client was sent nothing for so long. */
    pingEvery: (seconds) =>
      control({ type: 'keep-alive', 'message-type': 'ping', content: 'there?', timeout: seconds }),
  }
}

/** GRIP: Meta-*. */
function readMetas({ headers }) {
  const fields = Object.entries(headers).filter(([name]) => name.startsWith('meta-'))
  return Object.fromEntries(fields.map(([name, value]) => [name.slice('meta-'.length), value]))
}

/** Says what has changed; an empty value removes. GRIP: Set-Meta-*. */
function setMetas(request, meta) {
  const before = readMetas(request)
  const names = new Set([...Object.keys(before), ...Object.keys(meta)])
  const changed = [...names].filter((name) => (before[name] ?? '') !== (meta[name] ?? ''))
  return Object.fromEntries(changed.map((name) => [`Set-Meta-${name}`, meta[name] ?? '']))
}
