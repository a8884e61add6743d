import { createServer } from 'node:net'

/** Below Linux's ephemeral range, so that no outgoing connection of a parallel test takes the port meanwhile. */
const LOWEST_PORT = 20_000
const PORT_COUNT = 12_000

/** Finds a TCP port on 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORT_COUNT)
    if (await canListen(port)) return port
  }
  throw new Error('no free port found in 50 attempts')
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
