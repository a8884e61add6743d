import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { HttpExchange } from '../../src/accept/httpExchange.ts'
import { HttpListener } from '../../src/accept/httpListener.ts'
import { LinesLog } from '../support/linesLog.ts'
import { loopbackTurn } from '../support/loopback.ts'
import { RawClient } from '../support/rawClient.ts'
import { eventually, within } from '../support/waiting.ts'
import { answer, get, HANDSHAKE_FIELDS, startListener } from './support.ts'
import { createTestSockets } from './webSocket/support.ts'

const HELD = { status: 200, reason: 'OK', headers: [] }

describe('a request', () => {
  it('shows what the client sent, spelling and order included', async () => {
    const { client: connect, exchange } = await startListener()
    const client = await connect()
    client.send('POST /a%20b?q HTTP/1.1\r\nhOST: H:81\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 3\r\n\r\nabc')
    const request = await exchange()
    expect(request).toMatchObject({
      method: 'POST',
      target: '/a%20b?q',
      httpVersion: '1.1',
      authority: 'H:81',
      bodyLength: 3,
      peerAddress: '127.0.0.1',
      headers: ['hOST', 'H:81', 'X-A', '1', 'x-a', '2', 'Content-Length', '3'],
    })
  })

  it.each([
    ['two Host fields', 'Host: a\r\nHost: b\r\n', 'more than one Host header'],
    ['no Host field', '', 'no Host header'],
    ['65 fields', `Host: h\r\n${'X: 1\r\n'.repeat(64)}`, 'too many headers'],
    [
      'another transfer coding',
      'Host: h\r\nTransfer-Encoding: gzip, chunked\r\n',
      'unsupported transfer encoding',
    ],
  ])('with %s is refused and ends the connection', async (_, fields, reason) => {
    const { client: connect, begun } = await startListener()
    const client = await connect()
    client.send(`GET / HTTP/1.1\r\n${fields}\r\n`)
    const response = await client.response()
    expect([response.status, response.text]).toEqual([400, `Failed to parse request: ${reason}\n`])
    await client.closed()
    expect(begun).toEqual([])
  })

  it('that may have 64 fields has them all', async () => {
    const { client: connect, exchange } = await startListener()
    const client = await connect()
    client.send(`GET / HTTP/1.1\r\nHost: h\r\n${'X: 1\r\n'.repeat(63)}\r\n`)
    expect((await exchange()).headers.length).toBe(128)
  })

  it('to upgrade to something else than a WebSocket is an ordinary one, body and all', async () => {
    const { client: connect, exchange, handshakes } = await startListener()
    const client = await connect()
    client.send('POST /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, X-A, HTTP2-Settings\r\nUpgrade: h2c\r\n')
    client.send(`HTTP2-Settings: x\r\nContent-Length: 4\r\n\r\nbody${get('/2')}`)
    const first = await exchange()
    expect(first.headers).toEqual([
      ...['Host', 'h', 'HTTP2-Settings', 'x', 'Content-Length', '4'],
      ...['Connection', 'x-a, http2-settings'],
    ])
    const body: Buffer[] = []
    for await (const chunk of first.body!) body.push(chunk as Buffer)
    expect(Buffer.concat(body).toString()).toBe('body')
    answer(first, 'one')
    answer(await exchange(1), 'two')
    expect([(await client.response()).text, (await client.response()).text]).toEqual(['one', 'two'])
    expect(handshakes).toEqual([])
  })

  it('for a WebSocket is handed over with the bytes that came with it', async () => {
    const { client: connect, upgrade, begun } = await startListener()
    const client = await connect()
    client.send(`${get('/ws', HANDSHAKE_FIELDS)}frame`)
    const { incoming, first, socket } = await upgrade()
    expect([incoming.url, first.toString()]).toEqual(['/ws', 'frame'])
    expect(begun).toEqual([])
    socket.destroy()
  })

  it('for a WebSocket behind ones that are not answered waits for its turn', async () => {
    const { client: connect, exchange, upgrade, handshakes } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2') + get('/ws', HANDSHAKE_FIELDS))
    answer(await exchange(), 'one')
    expect((await client.response()).text).toBe('one')
    const second = await exchange(1)
    client.send('frame')
    await loopbackTurn()
    expect(handshakes).toEqual([])
    answer(second, 'two')
    expect((await client.response()).text).toBe('two')
    const { incoming, first, socket } = await upgrade()
    expect([incoming.url, first.toString()]).toEqual(['/ws', 'frame'])
    const later = new Promise<string>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    client.send('another')
    expect(await later).toBe('another')
    socket.destroy()
  })

  it('to upgrade to something else behind a large answer is an ordinary one in its turn', async () => {
    const { client: connect, exchange, begun } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2', 'Connection: Upgrade\r\nUpgrade: h2c\r\n') + get('/3'))
    const first = await exchange()
    await loopbackTurn()
    first.head(HELD)
    const drained = new Promise<void>((resolve) => {
      first.onDrain = resolve
    })
    expect(first.write(Buffer.alloc(8 * 1024 * 1024, 'x'))).toBe(false)
    await within(drained, 2000, () => 'the drain')
    expect(begun.length).toBe(1)
    first.end()
    answer(await exchange(1), 'two')
    answer(await exchange(2), 'three')
    expect((await client.response()).text.length).toBe(8 * 1024 * 1024)
    expect([(await client.response()).text, (await client.response()).text]).toEqual(['two', 'three'])
  })

  it('that waits to upgrade does not hide that the client has left', async () => {
    const { client: connect, exchange, connectionCount, handshakes } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/ws', HANDSHAKE_FIELDS))
    const first = await exchange()
    const left = new Promise<void>((resolve) => {
      first.onClose = resolve
    })
    await loopbackTurn()
    client.socket.resetAndDestroy()
    await within(left, 1000, () => 'the exchange to hear of it')
    await eventually('no connection', () => connectionCount() === 0)
    expect(handshakes).toEqual([])
  })
})

describe('a request behind one that was refused', () => {
  it('is not begun', async () => {
    const { client: connect, begun } = await startListener()
    const client = await connect()
    client.send(`GET /1 HTTP/1.1\r\n\r\n${get('/2')}`)
    expect((await client.response()).status).toBe(400)
    await client.closed()
    expect(begun).toEqual([])
  })
})

describe('a listener that closes', () => {
  it('ends connections that have sent half a head, or nothing, after a second', async () => {
    const { client: connect, listener, connectionCount } = await startListener()
    const clients = await Promise.all(Array.from({ length: 20 }, connect))
    for (const client of clients.slice(1)) client.send('GET / HTTP/1.1\r\nHos')
    await eventually('all are open', () => connectionCount() === 20)
    await within(listener.close(), 3000, () => 'the listener to close')
    for (const client of clients) await client.closed()
  })

  it('serves a client that had just connected, and ends its connection then', async () => {
    const {
      client: connect,
      listener,
      connectionCount,
    } = await startListener((exchange) => answer(exchange, 'x'))
    const client = await connect()
    await eventually('it is accepted', () => connectionCount() === 1)
    const closed = listener.close()
    client.send(get('/'))
    const response = await client.response()
    expect([response.text, response.header('connection')]).toEqual(['x', 'close'])
    await within(closed, 1000, () => 'the listener to close')
  })

  it('says in an answer that was not begun that the connection ends', async () => {
    const { client: connect, listener, exchange } = await startListener()
    const client = await connect()
    client.send(get('/'))
    const late = await exchange()
    const closed = listener.close()
    answer(late, 'x')
    expect((await client.response()).header('connection')).toBe('close')
    await within(closed, 1000, () => 'the listener to close')
  })

  it('lets the end of an answer out that the client has not read yet', async () => {
    const size = 8 * 1024 * 1024
    const { client: connect, listener, exchange } = await startListener()
    const client = await connect()
    client.socket.pause()
    client.send(get('/'))
    answer(await exchange(), 'x'.repeat(size))
    const closed = listener.close()
    client.socket.resume()
    expect((await client.response()).text.length).toBe(size)
    await within(closed, 1000, () => 'the listener to close')
  })

  it('ends idle connections and takes no further ones', async () => {
    const { client: connect, listener, port } = await startListener((exchange) => answer(exchange, 'x'))
    const client = await connect()
    client.send(get('/'))
    await client.response()
    await within(listener.close(), 1000, () => 'the listener to close')
    await client.closed()
    const refused = new Promise<string>((resolve) => {
      connectTo(port).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
    expect(await refused).toBe('ECONNREFUSED')
  })

  it.each([
    ['has not begun', (_: HttpExchange) => {}],
    ['has begun', (exchange: HttpExchange) => exchange.head(HELD)],
  ])('waits for an answer that %s, and ends its connection', async (_, begin) => {
    const { client: connect, listener, exchange } = await startListener()
    const client = await connect()
    client.send(get('/'))
    const current = await exchange()
    begin(current)
    let isClosed = false
    const closed = listener.close().then(() => {
      isClosed = true
    })
    await loopbackTurn()
    expect(isClosed).toBe(false)
    if (!current.started) current.head(HELD)
    current.end(Buffer.from('late'))
    expect((await client.response()).text).toBe('late')
    await client.closed()
    await within(closed, 1000, () => 'the listener to close')
  })

  it('breaks what is still open when it is told to: requests, held streams, ended ones that nobody reads', async () => {
    const { client: connect, listener, exchange, connectionCount } = await startListener()
    const clients = [await connect(), await connect(), await connect(), await connect()]
    for (const [i, client] of clients.entries()) {
      client.send(get(`/${i}`))
      await exchange(i)
    }
    const [, begun, held, ended] = await Promise.all([0, 1, 2, 3].map((i) => exchange(i)))
    begun!.head(HELD)
    held!.holdStream(HELD, Buffer.from('x'))
    clients[3]!.socket.pause()
    const stream = ended!.holdStream(HELD, Buffer.alloc(8 * 1024 * 1024))
    stream.end()
    let closes = 0
    stream.owner = { onStreamClose: () => closes++, onStreamDrain: () => {} }
    const closed = listener.close()
    listener.breakAll()
    await within(closed, 1000, () => 'the listener to close')
    clients[3]!.socket.resume()
    for (const client of clients) await client.closed()
    await eventually('no connection', () => connectionCount() === 0)
    expect(closes).toBe(1)
  })
})

describe('a port', () => {
  it('that is taken is reported with its name', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const listener = new HttpListener({
      taker: { request: () => {}, handshake: () => {}, passHandshake: () => {} },
      sockets: createTestSockets(),
      log: new LinesLog(),
      maxHeaderBytes: 8192,
      headerTimeoutMs: 1000,
      keepAliveTimeoutMs: 1000,
      maxConnections: 10,
    })
    await expect(listener.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
    })
    taken.close()
  })

  it('takes no more connections than it may', async () => {
    const { client: connect, exchange } = await startListener(undefined, { maxConnections: 1 })
    const first = await connect()
    first.send(get('/'))
    const current = await exchange()
    const second = await connect()
    await second.closed()
    answer(current, 'still served')
    expect((await first.response()).text).toBe('still served')
  })
})

describe('a connection without requests', () => {
  it('is closed after the keep-alive time', async () => {
    const { client: connect } = await startListener((exchange) => answer(exchange, 'x'), {
      keepAliveTimeoutMs: 50,
    })
    const client = await connect()
    client.send(get('/'))
    await client.response()
    await client.closed()
  })

  it('may stay when the client has half-closed it only after its answer', async () => {
    const { port } = await startListener((exchange) => answer(exchange, 'x'))
    const client = new RawClient(connectTo(port))
    client.send(get('/'))
    await client.response()
    client.socket.end()
    await client.closed()
  })
})

function connectTo(port: number) {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true })
}
