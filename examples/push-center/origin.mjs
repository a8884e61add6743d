/**
 * The application: users connect by WebSocket, as often as they like, and other programs push messages to them by their number. Two
 * servers, for the second is not for the public.
 */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { publishMessages } from '../support/publish.mjs'
import { startSocketOrigin } from '../support/socketOrigin.mjs'

const UID = /^[0-9]{1,9}$/

/** The channel that all connections of one user listen to. */
const channelOf = (uid) => `uid-${uid}`

/** Starts the origin of the WebSockets and the send interface; `controlPort` answers where holdfast takes items. */
export async function startCentre({ controlPort, apiPort = 0 }) {
  const connections = createConnections()
  const origin = await startSocketOrigin(createOrigin(connections))
  const api = createServer((request, response) => {
    answer(request, { connections, controlPort }).then(
      ({ status, body }) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`),
      (error) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${error.message}\n`),
    )
  })
  api.listen(apiPort, '127.0.0.1')
  await new Promise((resolve, reject) => api.once('listening', resolve).once('error', reject))
  return { origin, api }
}

/** Who is connected, as the origin was told: a WebSocket opens once, and ends once, by a CLOSE or a DISCONNECT. */
function createConnections() {
  const uids = new Map()
  return {
    add: (id, uid) => uids.set(id, uid),
    remove: (id) => uids.delete(id),
    count: (uid) =>
      uid === undefined ? uids.size : [...uids.values()].filter((other) => other === uid).length,
  }
}

function createOrigin(connections) {
  return {
    open(socket) {
      const uid = socket.url.searchParams.get('uid') ?? ''
      if (!UID.test(uid)) return false
      connections.add(socket.id, uid)
      socket.subscribe(channelOf(uid))
      socket.send(JSON.stringify({ welcome: uid }))
      return true
    },
    message: () => {}, // Nothing is expected of users.
    gone: (socket) => connections.remove(socket.id),
    request(_request, response) {
      response
        .writeHead(426, { 'Content-Type': 'text/plain' })
        .end('Connect by WebSocket: /connect?uid=NUMBER\n')
    },
  }
}

/** The send interface: `POST /send` and `GET /connections`. */
async function answer(request, { connections, controlPort }) {
  const { pathname, searchParams } = new URL(request.url, 'http://centre')
  if (request.method === 'GET' && pathname === '/connections') {
    return { status: 200, body: { connections: connections.count(searchParams.get('uid') ?? undefined) } }
  }
  if (request.method !== 'POST' || pathname !== '/send')
    return { status: 404, body: { error: 'nothing here' } }
  const { uid, message } = await json(request).catch(() => ({}))
  if (!UID.test(uid ?? '') || message === undefined) {
    return { status: 400, body: { error: 'send {"uid": "NUMBER", "message": …}' } }
  }
  const reached = connections.count(uid)
  await publishMessages(controlPort(), [{ channel: channelOf(uid), text: JSON.stringify(message) }])
  return { status: 200, body: { connections: reached } }
}
