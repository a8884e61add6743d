/**
 * The application: it lets every user into the conversation and never holds a connection itself. Each client gets
 * two channels, one that all share and one of its own; the second is the handle to take hold of that one client.
 */
import { createServer } from 'node:http'

const CONVERSATION = 'conversation-123'

/** The channel that everybody in the conversation listens to. */
export const SHARED_CHANNEL = CONVERSATION

/** The channel that only this user's connections listen to. */
export function privateChannel(user) {
  return `${CONVERSATION}-user-${user}`
}

/** Starts the origin on `port` of the loopback interface (0 takes a free one) and answers its server. */
export async function startOrigin(port = 0) {
  const server = createServer(answer)
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

function answer(request, response) {
  const user = new URL(request.url, 'http://origin').searchParams.get('user')
  if (!/^\d{1,9}$/.test(user ?? '')) {
    response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Say who you are: /events?user=NUMBER\n')
    return
  }
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Grip-Hold': 'stream',
    'Grip-Channel': `${SHARED_CHANNEL}, ${privateChannel(user)}`,
    'Grip-Keep-Alive': ':\\n\\n; format=cstring; timeout=20',
  })
  response.end('event: welcome\ndata: {}\n\n')
}
