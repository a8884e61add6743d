/**
 * The origin behind the clusters that are there for trying: `/stream` and `/poll` are held on the channel `demo`, all else
 * is answered. As a program:
 *
 *     node clusterOrigin.mjs ADDRESS PORT
 */
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const HOLDS = new Map([
  ['/stream', { 'Grip-Hold': 'stream', 'Grip-Channel': 'demo' }],
  ['/poll', { 'Grip-Hold': 'response', 'Grip-Channel': 'demo', 'Grip-Timeout': '30' }],
])

/** Starts the origin; answers its server when it listens. */
export function startClusterOrigin({ host = '127.0.0.1', port = 0 } = {}) {
  const server = createServer((request, response) => {
    const hold = HOLDS.get(request.url) ?? {}
    response.writeHead(200, { 'Content-Type': 'text/plain', ...hold }).end(`${request.url}\n`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [host, port] = process.argv.slice(2)
  const server = await startClusterOrigin({ host, port: Number(port) })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0))
  console.log(`origin on port ${server.address().port}`)
}
