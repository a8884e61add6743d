import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

let echo: Promise<Server> | undefined

/**
 * Waits until a byte has gone to and fro a few times on a loopback connection of its own. What this process sent on others before has
 * then arrived, and what follows at once from that has happened: the marker behind which nothing more is to come.
 */
export async function loopbackTurn(rounds = 4): Promise<void> {
  echo ??= startEcho()
  const address = (await echo).address()
  if (address === null || typeof address === 'string') throw new Error('the echo server does not listen')
  const socket = connect(address.port, '127.0.0.1')
  try {
    for (let round = 0; round < rounds; round++) {
      socket.write('.')
      await once(socket, 'data')
    }
  } finally {
    socket.destroy()
  }
}

async function startEcho(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return server
}
