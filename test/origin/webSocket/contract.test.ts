import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { OriginSocket, OriginSocketSink } from '../../../src/edges/originSocket.ts'
import { describeMessageSocket, type SocketPair } from '../../contracts/messageSocketContract.ts'
import { WsPeer } from '../../support/wsPeer.ts'
import { targetAt } from '../passthroughFront.ts'
import { requestFor } from '../recordingSink.ts'
import { createOrigin } from './support.ts'

async function createPair({ deflates = false } = {}): Promise<SocketPair> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    autoPong: false,
    perMessageDeflate: deflates && { threshold: 0 },
  })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const connected = once(server, 'connection') as Promise<[WebSocket]>
  const { port } = server.address() as AddressInfo
  const socket = await new Promise<OriginSocket>((resolve, reject) => {
    const sink: OriginSocketSink = {
      onOpen: (_head, opened) => resolve(opened),
      onRefused: (head) => reject(new Error(`refused with ${head.status}`)),
      onError: reject,
    }
    const origin = createOrigin({ maxMessageBytes: 1_000_000, offersDeflate: deflates })
    origin.openSocket(targetAt(port), requestFor('/'), sink)
  })
  const [peer] = await connected
  return { socket, peer: new WsPeer(peer), end: () => peer.terminate() }
}

describeMessageSocket("an origin's", () => createPair())
describeMessageSocket("an origin's, with compression", () => createPair({ deflates: true }))
