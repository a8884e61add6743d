import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Http2Connections } from '../../../src/accept/http2/http2Connections.ts'
import type { Http2Exchange } from '../../../src/accept/http2/http2Exchange.ts'
import { RefusalLog } from '../../../src/accept/refusalLog.ts'
import type { ClientHandshake } from '../../../src/edges/socket.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { eventually, within } from '../../support/waiting.ts'
import { createTestSockets } from '../webSocket/support.ts'

const HEAD = { status: 200, reason: 'OK', headers: [] }

let server: Server
let connections: Http2Connections
let taken: Http2Exchange[]
let handshakes: ClientHandshake[]
const sessions: ClientHttp2Session[] = []

beforeEach(async () => {
  taken = []
  handshakes = []
  connections = new Http2Connections({
    limits: { maxHeaderBytes: 8192 },
    keepAliveTimeoutMs: 60_000,
    bodyIdleMs: 60_000,
    maxStreams: 100,
    refusals: new RefusalLog(new LinesLog()),
    sockets: createTestSockets(),
    take: (exchange) => taken.push(exchange),
    takeHandshake: (_request, handshake) => handshakes.push(handshake),
  })
  server = createServer((socket) => connections.open(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy()
  connections.breakAll()
  await new Promise((resolve) => server.close(resolve))
})

/** A client that notes what it sees in the order in which it comes. */
async function openClient() {
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  sessions.push(session)
  const seen: string[] = []
  session.on('error', () => {})
  // `node:http2` says it once more when it ends a connection.
  session.on('goaway', (code, lastStream) => {
    const words = `GOAWAY ${code} ${lastStream}`
    if (!seen.includes(words)) seen.push(words)
  })
  const closed = new Promise<void>((resolve) => session.once('close', () => resolve()))
  await within(
    new Promise<void>((resolve) => session.once('remoteSettings', () => resolve())),
    5000,
    () => 'the settings of the server',
  )
  return { session, seen, closed: () => within(closed, 5000, () => 'the end of the connection') }
}

type Client = Awaited<ReturnType<typeof openClient>>

/** Sends a request, and answers it with its exchange when that has begun. */
async function ask({
  session,
  seen,
}: Client): Promise<{ stream: ClientHttp2Stream; exchange: Http2Exchange }> {
  const stream = session.request({ ':path': '/' })
  const { length } = taken
  stream.on('error', () => {})
  stream.on('response', (fields) => seen.push(`${stream.id}: ${fields[':status']}`))
  stream.on('data', (chunk: Buffer) => seen.push(`${stream.id}: ${chunk}`))
  stream.on('end', () => seen.push(`${stream.id}: end`))
  await eventually('the request', () => taken.length > length)
  return { stream, exchange: taken[length]! }
}

function hold(exchange: Http2Exchange, text: string) {
  return exchange.holdStream(HEAD, Buffer.from(text))
}

describe('connections that are closed', () => {
  it('end at once when they have no request under way', async () => {
    const client = await openClient()
    const { exchange } = await ask(client)
    exchange.head(HEAD)
    exchange.end()
    await eventually('the answer', () => client.seen.includes('1: end'))
    await within(connections.close(), 500, () => 'the end of the connection')
    await client.closed()
    expect(client.seen).toEqual(['1: 200', '1: end', 'GOAWAY 0 1'])
  })

  it('still serve the first request of a client that has just connected', async () => {
    const client = await openClient()
    const closed = connections.close()
    const { exchange } = await ask(client)
    exchange.head(HEAD)
    exchange.end(Buffer.from('served'))
    await closed
    await client.closed()
    expect(client.seen).toEqual(['GOAWAY 0 1', '1: 200', '1: served', '1: end'])
  })

  it('end when such a client sends none', async () => {
    const client = await openClient()
    await within(connections.close(), 3000, () => 'the end of the connection')
    await client.closed()
    expect(client.seen).toEqual(['GOAWAY 0 0'])
  })

  it('of clients that come later serve one request, too', async () => {
    const first = await openClient()
    const { exchange: waiting } = await ask(first)
    const closed = connections.close()
    const late = await openClient()
    const { exchange } = await ask(late)
    exchange.head(HEAD)
    exchange.end()
    await late.closed()
    expect(late.seen).toEqual(['GOAWAY 0 1', '1: 200', '1: end'])
    waiting.abort()
    await closed
  })

  it('tell their client before the end of the first answer, and not sooner', async () => {
    const client = await openClient()
    const first = hold((await ask(client)).exchange, 'a')
    const second = hold((await ask(client)).exchange, 'b')
    await eventually('both are held', () => client.seen.length === 4)
    const closed = connections.close()
    first.write(Buffer.from('more'))
    await eventually('more', () => client.seen.includes('1: more'))
    expect(client.seen.join()).not.toContain('GOAWAY')
    first.end()
    await eventually('the end of the first', () => client.seen.includes('1: end'))
    second.end()
    await closed
    await client.closed()
    expect(client.seen.slice(5)).toEqual(['GOAWAY 0 3', '1: end', '3: end'])
  })

  it('tell their client with the head of an answer that begins', async () => {
    const client = await openClient()
    const { exchange } = await ask(client)
    const closed = connections.close()
    exchange.head(HEAD)
    await eventually('the head', () => client.seen.includes('1: 200'))
    expect(client.seen).toEqual(['GOAWAY 0 1', '1: 200'])
    exchange.end(Buffer.from('all'))
    await closed
  })

  it('end when their client takes its last request back', async () => {
    const client = await openClient()
    const { stream } = await ask(client)
    const closed = connections.close()
    stream.close(constants.NGHTTP2_CANCEL)
    await closed
    await client.closed()
  })

  it('tell a client with a WebSocket before its stream ends', async () => {
    const client = await openClient()
    const stream = client.session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/',
      'sec-websocket-version': '13',
    })
    stream.on('data', (chunk: Buffer) => client.seen.push(chunk.toString('hex')))
    stream.on('end', () => client.seen.push('end'))
    await eventually('the handshake', () => handshakes[0])
    const socket = handshakes[0]!.accept(HEAD)
    await eventually('the answer', () => stream.sentHeaders && stream.aborted === false)
    const closed = connections.close()
    socket.destroy()
    await closed
    expect(client.seen.join()).toContain('GOAWAY 0 1')
  })
})
