/**
 * The origin of bench/drain.mjs, which forks it: holds whatever it is asked for, and counts who it is told is gone. Sends its port, and the
 * counts for each message.
 */
import { createServer } from 'node:http'

const HOLDS = {
  '/stream': { 'Grip-Hold': 'stream' },
  '/poll': { 'Grip-Hold': 'response', 'Grip-Timeout': '600' },
}

/** `gone` counts calls of gone links, `closed` the WebSockets that have ended, and how. */
const counts = { gone: 0, closed: {} }

const server = createServer((request, response) => {
  if (request.url === '/gone') {
    counts.gone++
    return response.end()
  }
  if (request.method === 'POST') return answerEvents(request, response)
  const hold = HOLDS[request.url]
  if (hold === undefined) return response.writeHead(404).end()
  const link = '</gone>; rel=gone'
  return response.writeHead(200, { ...hold, 'Grip-Channel': 'all', 'Grip-Link': link }).end('held\n')
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send(server.address().port))
process.on('message', () => process.send(counts))
process.on('disconnect', () => process.exit())

/** GRIP: WebSocket-over-HTTP. */
async function answerEvents(request, response) {
  const { closed } = counts
  let events = ''
  for await (const chunk of request) events += chunk
  const words = /^(CLOSE|DISCONNECT)/m.exec(events)?.[0]
  if (words !== undefined) closed[words] = (closed[words] ?? 0) + 1
  response.writeHead(200, {
    'Content-Type': 'application/websocket-events',
    'Sec-WebSocket-Extensions': 'grip; message-prefix=""',
  })
  const subscribe = 'c:{"type":"subscribe","channel":"all"}'
  if (events.startsWith('OPEN'))
    response.end(`OPEN\r\nTEXT ${subscribe.length.toString(16)}\r\n${subscribe}\r\n`)
  else response.end(words === 'CLOSE' ? 'CLOSE 2\r\n\x03\xe9\r\n' : '', 'latin1')
}
