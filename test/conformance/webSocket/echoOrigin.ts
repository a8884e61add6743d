import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

/** An origin that sends back what it gets. */
export interface EchoOrigin {
  readonly address: string
  stop(): Promise<void>
}

/** Starts an echo origin of the package `ws`, which speaks permessage-deflate where it is asked to. */
export async function startEchoOrigin(): Promise<EchoOrigin> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true })
  server.on('connection', (socket) => {
    socket.on('message', (content, isBinary) => socket.send(content, { binary: isBinary }))
    socket.on('error', () => {})
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
