import { Socket } from 'node:net'
import { afterEach } from 'vitest'
import type { HttpExchange } from '../../src/accept/httpExchange.ts'
import { HttpListener, type HttpListenerOptions } from '../../src/accept/httpListener.ts'
import type { UpgradedConnection } from '../../src/accept/webSocket/webSocketHandshake.ts'
import type { ClientRequest } from '../../src/edges/client.ts'
import type { PassthroughJob } from '../../src/edges/passthrough.ts'
import type { ClientHandshake } from '../../src/edges/socket.ts'
import { LinesLog } from '../support/linesLog.ts'
import { connect, type RawClient } from '../support/rawClient.ts'
import { within } from '../support/waiting.ts'
import { createTestSockets } from './webSocket/support.ts'

/** A listener on a real socket with what it has taken. */
export interface TestListener {
  readonly listener: HttpListener
  readonly port: number
  /** Exchanges in the order in which they began. */
  readonly begun: HttpExchange[]
  /** WebSocket handshakes in the order in which they came. */
  readonly handshakes: { request: ClientRequest; handshake: ClientHandshake }[]
  /** Waits for the n-th exchange to begin; n counts from 0. */
  exchange(n?: number): Promise<HttpExchange>
  /** Waits for a WebSocket handshake. */
  handshake(): Promise<TestListener['handshakes'][number]>
  /** Waits for a WebSocket handshake and has it passed through. */
  upgrade(): Promise<UpgradedConnection>
  client(): Promise<RawClient>
  /** Connections that the server has open, whatever became of them. */
  connectionCount(): number
}

/** The fields of a WebSocket handshake; the key and its answer are those of RFC 6455 §1.3. */
export const HANDSHAKE_FIELDS =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

const NO_JOB: PassthroughJob = {
  targets: [],
  path: '/',
  authority: 'h',
  headers: [],
  debug: false,
  onDone: () => {},
}

const open: { listener: TestListener; clients: RawClient[] }[] = []

afterEach(async () => {
  for (const { listener, clients } of open.splice(0)) {
    for (const client of clients) client.destroy()
    const closed = listener.listener.close()
    listener.listener.breakAll()
    await within(closed, 5000, () => 'the listener to close')
  }
})

/** Starts a listener that is stopped after the test. `take` is what becomes of a request; by default nothing. */
export async function startListener(
  take: (exchange: HttpExchange) => void = () => {},
  options: Partial<HttpListenerOptions> = {},
): Promise<TestListener> {
  const begun: HttpExchange[] = []
  const handshakes: TestListener['handshakes'] = []
  const passed: UpgradedConnection[] = []
  let wake = (): void => {}
  const listener = new HttpListener({
    taker: {
      request: (taken) => {
        const exchange = taken as HttpExchange
        begun.push(exchange)
        take(exchange)
        wake()
      },
      handshake: (request, handshake) => {
        handshakes.push({ request, handshake })
        wake()
      },
      passHandshake: (connection) => {
        connection.socket.on('error', () => {})
        passed.push(connection)
      },
    },
    sockets: createTestSockets(),
    log: new LinesLog(),
    maxHeaderBytes: 8192,
    headerTimeoutMs: 10_000,
    keepAliveTimeoutMs: 10_000,
    maxConnections: 1000,
    ...options,
  })
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
  const clients: RawClient[] = []
  const handshake = async () => {
    await waitUntil(() => handshakes.length > 0, 'a handshake')
    return handshakes[0]!
  }
  const waitUntil = async (isThere: () => boolean, what: string): Promise<void> => {
    const arrived = new Promise<void>((resolve) => {
      wake = () => isThere() && resolve()
      wake()
    })
    await within(arrived, 5000, () => `${what}; ${begun.length} requests have begun`)
  }
  const started: TestListener = {
    listener,
    port,
    begun,
    handshakes,
    exchange: async (n = 0) => {
      await waitUntil(() => begun.length > n, `request ${n}`)
      return begun[n]!
    },
    handshake,
    upgrade: async () => {
      ;(await handshake()).handshake.passThrough!(NO_JOB)
      return passed[0]!
    },
    client: async () => {
      const client = await connect(port)
      clients.push(client)
      return client
    },
    connectionCount: () => openSockets().filter(({ localPort }) => localPort === port).length,
  }
  open.push({ listener: started, clients })
  return started
}

/** Every socket of this process that is not closed; of a connection to itself both ends. */
function openSockets(): Socket[] {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  return handles.filter((handle): handle is Socket => handle instanceof Socket)
}

/** A GET request. */
export function get(target: string, fields = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`
}

/** Answers with a text. */
export function answer(exchange: HttpExchange, text: string): void {
  exchange.head({ status: 200, reason: 'OK', headers: ['Content-Length', String(Buffer.byteLength(text))] })
  exchange.end(Buffer.from(text))
}

/** A listener with one client whose request has begun. */
export async function beginExchange(request = get('/')) {
  const listener = await startListener()
  const client = await listener.client()
  client.send(request)
  return { ...listener, client, exchange: await listener.exchange() }
}

/** Counts how often the exchange hears that its client has left. */
export function countCloses(exchange: HttpExchange): { count: number } {
  const noted = { count: 0 }
  exchange.onClose = () => noted.count++
  return noted
}
