/** HTTP servers of the loopback interface, for origins and pages. */

import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'

/** Starts a server on `port` (0 takes a free one) and answers it; what `answer` throws becomes a 500 and a line in the terminal. */
export async function startServer(answer, port = 0) {
  const server = createServer((request, response) => {
    Promise.resolve()
      .then(() => answer(request, response))
      .catch((error) => {
        console.error(error)
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
  })
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

/** Stops servers at once, whoever is still connected. */
export function stopServers(servers) {
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
}

/** Sends an HTML file. */
export function sendPage(response, file) {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
  createReadStream(file).pipe(response)
}

/** Sends a value as JSON. */
export function sendJson(response, value, { status = 200 } = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}
