import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { describeMessageSocket, type SocketPair } from '../../contracts/messageSocketContract.ts'
import { WsPeer } from '../../support/wsPeer.ts'
import { startListener } from '../support.ts'
import { createTestSockets, SWITCHING } from './support.ts'

async function createPair({ allowsCompression = false } = {}): Promise<SocketPair> {
  const listener = await startListener(() => {}, { sockets: createTestSockets({ allowsCompression }) })
  const client = new WebSocket(`ws://127.0.0.1:${listener.port}/`, { autoPong: false })
  onTestFinished(() => client.terminate())
  const peer = new WsPeer(client)
  const { handshake } = await listener.handshake()
  const opened = once(client, 'open')
  const socket = handshake.accept(SWITCHING)
  await opened
  return { socket, peer, end: () => client.terminate() }
}

describeMessageSocket("a client's", () => createPair())
describeMessageSocket("a client's, with compression", () => createPair({ allowsCompression: true }))
