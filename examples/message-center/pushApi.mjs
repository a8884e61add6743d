/** The way in for other programs: `POST /push` with a user's number and a message. Not for the public. */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { publishMessages } from '../support/publish.mjs'
import { channelOf, isUid } from './origin.mjs'

/** Starts the interface on `port` of the loopback interface (0 takes a free one) and answers its server. */
export async function startPushApi({ controlPort, port = 0 }) {
  const server = createServer((request, response) => {
    push(request, controlPort).then(
      ({ status, body }) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`),
      (error) => response.writeHead(502, { 'Content-Type': 'text/plain' }).end(`${error.message}\n`),
    )
  })
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

async function push(request, controlPort) {
  if (request.method !== 'POST' || request.url !== '/push') {
    return { status: 404, body: { error: 'POST /push' } }
  }
  const { uid, message } = (await json(request).catch(() => undefined)) ?? {}
  if (!isUid(uid) || message === undefined) {
    return { status: 400, body: { error: 'send {"uid": "NUMBER", "message": …}' } }
  }
  await publishMessages(controlPort, [
    { channel: channelOf(uid), text: JSON.stringify({ op: 'message', uid, message }) },
  ])
  return { status: 200, body: { ok: true } }
}
