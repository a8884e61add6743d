import type { Socket } from 'node:net'
import { afterEach } from 'vitest'
import type { OriginExchange, OriginRequest, OriginTarget } from '../../src/edges/origin.ts'
import { HttpOrigin } from '../../src/origin/httpOrigin.ts'
import { startTcpOrigin } from '../support/origin.ts'
import { within } from '../support/waiting.ts'
import { targetAt } from './passthroughFront.ts'
import { RecordingSink, requestFor } from './recordingSink.ts'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Starts a TCP server that answers each request head as the test says. */
export async function startOrigin(onRequest: (socket: Socket, head: string, n: number) => void) {
  let count = 0
  let connections = 0
  const received = { text: '' }
  const server = await startTcpOrigin((socket) => {
    connections++
    let unread = ''
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1')
      received.text += chunk.toString('latin1')
      for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
        const head = unread.slice(0, end)
        unread = unread.slice(end + 4)
        if (/^[A-Z]+ .* HTTP\/1.1\r\n/.test(head)) onRequest(socket, head, count++)
      }
    })
  })
  stops.push(() => server.stop())
  return { port: server.port, received, connections: () => connections }
}

/** Creates an HttpOrigin that is closed after the test. */
export function createOrigin(responseTimeoutMs = 5000): HttpOrigin {
  const origin = new HttpOrigin({ responseTimeoutMs })
  stops.push(() => origin.close())
  return origin
}

/** A request under way. */
export interface Asked {
  readonly sink: RecordingSink
  readonly exchange: OriginExchange
  ended(): Promise<RecordingSink>
}

/** Begins a request. */
export function ask(origin: HttpOrigin, target: OriginTarget, more: Partial<OriginRequest> = {}): Asked {
  const sink = new RecordingSink()
  const exchange = origin.request(target, requestFor('/', more), sink)
  const ended = async (): Promise<RecordingSink> => {
    await within(sink.ended, 5000, () => `the end, after ${sink.calls}`)
    return sink
  }
  return { sink, exchange, ended }
}

/** Asks an origin that answers with these bytes, once, and closes the connection where asked to. */
export async function askRaw(
  bytes: string,
  options: { closes?: 'end' | 'reset'; method?: string } = {},
): Promise<RecordingSink> {
  const { port } = await startOrigin((socket) => {
    socket.write(Buffer.from(bytes, 'latin1'))
    if (options.closes === 'end') socket.end()
    if (options.closes === 'reset') setTimeout(() => socket.resetAndDestroy(), 20)
  })
  return ask(createOrigin(), targetAt(port), { method: options.method ?? 'GET' }).ended()
}
