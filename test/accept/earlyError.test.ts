import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerAndClose } from '../../src/accept/earlyError.ts'
import { LinesLog } from '../support/linesLog.ts'
import { RawClient } from '../support/rawClient.ts'
import { eventually } from '../support/waiting.ts'
import { answer, get, HANDSHAKE_FIELDS, startListener } from './support.ts'

const BAD_UPGRADE = 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const GOOD_UPGRADE = get('/', HANDSHAKE_FIELDS)

const head = (field: string): string => `POST / HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`
const chunked = (body: string): string => head('Transfer-Encoding: chunked') + body

/** Errors that would have ended the process. */
const uncaught: Error[] = []
const keep = (error: Error): void => void uncaught.push(error)
let earlier: NodeJS.UncaughtExceptionListener[] = []

beforeEach(() => {
  uncaught.length = 0
  // The test runner's own listeners would fail the run at another place.
  earlier = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', keep)
})

afterEach(() => {
  process.removeListener('uncaughtException', keep)
  for (const listener of earlier) process.on('uncaughtException', listener)
})

/** Sends bytes and waits until they are answered with 400 and this text, and the connection is closed; returns the listener. */
async function refused(bytes: string, text: string) {
  const listener = await startListener()
  const client = await listener.client()
  client.send(bytes)
  const response = await client.response()
  expect([response.status, response.text]).toEqual([400, `${text}\n`])
  await client.closed()
  return listener
}

describe('a request', () => {
  it.each(['3.9', '2.0', '1.2'])('in HTTP/%s is answered with 505', async (version) => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(`GET / HTTP/${version}\r\nHost: h\r\n\r\n`)
    const response = await client.response()
    expect([response.status, response.text]).toEqual([
      505,
      'Failed to parse request: unsupported HTTP version\n',
    ])
    await client.closed()
    expect(listener.begun).toEqual([])
  })

  it('to CONNECT is answered with 405 and the end of the connection', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send('CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n')
    const response = await client.response()
    expect([response.status, response.header('connection')]).toEqual([405, 'close'])
    expect(response.header('allow')).toContain('GET')
    await client.closed()
  })

  it.each([
    ['cannot be parsed', 'garbage\r\n\r\n', '400 Failed to parse request: invalid token'],
    ['has a fault', 'GET / HTTP/1.1\r\n\r\n', '400 Failed to parse request: no Host header'],
  ])('that %s is told to the log, and how many followed it', async (_, bytes, text) => {
    const log = new LinesLog()
    const listener = await startListener(undefined, { log })
    for (let i = 0; i < 4; i++) {
      const client = await listener.client()
      client.send(bytes)
      expect((await client.response()).status).toBe(400)
    }
    expect(log.lines).toEqual([`info ${text} from=127.0.0.1`])
    await eventually('the rest is told', () => log.lines.length === 2)
    expect(log.lines[1]).toBe('info 3 more requests were refused')
  })
})

describe('a request that cannot be parsed', () => {
  it.each([
    ['no version', 'GET /\r\nHost: h\r\n\r\n', 'Failed to parse request: no HTTP version'],
    ['no method', 'garbage\r\n\r\n', 'Failed to parse request: invalid token'],
    [
      'a bad field',
      'GET / HTTP/1.1\r\nHost: h\r\nX Y: 1\r\n\r\n',
      'Failed to parse request: invalid header name',
    ],
    ['a bad value', head('X: \0'), 'Failed to parse request: invalid header value'],
    ['no version of HTTP', 'GET / HTTX/1.1\r\n\r\n', 'Failed to parse request: invalid HTTP version'],
    [
      'lines that end with LF alone',
      'GET / HTTP/1.1\nHost: h\n\n',
      'Failed to parse request: invalid new line',
    ],
    ['a field that ends with LF alone', head('X: 1\nY: 2'), 'Failed to parse request: invalid new line'],
    [
      'a length that is no number',
      head('Content-Length: x'),
      'Failed to parse request: invalid content length',
    ],
  ])('for %s is answered with 400 and the end of the connection', async (_, bytes, text) => {
    const { begun } = await refused(bytes, text)
    expect(begun).toEqual([])
  })

  it.each([
    ['a chunk size that is none', chunked('z\r\n'), 'Failed to parse request: invalid chunk size'],
    [
      'a chunk that is too large',
      chunked('fffffffffffffffff\r\n'),
      'Failed to parse request: chunk too large',
    ],
    ['a chunk that goes on', chunked('2\r\nabc\r\n'), 'Failed to parse request: invalid chunk suffix'],
  ])('in its body, for %s, is answered with 400 and the end of the connection', async (_, bytes, text) => {
    await refused(bytes, text)
  })

  it('for its length is told the limit, also while the client goes on sending', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(100_000)}`)
    const response = await client.response()
    expect([response.status, response.text]).toEqual([
      400,
      'Request header size exceeded limit of 8192 bytes.\n',
    ])
    await client.closed()
  })

  it('in time is answered with 408', async () => {
    const listener = await startListener(undefined, { headerTimeoutMs: 100 })
    const client = await listener.client()
    client.send('GET / HTTP/1.1\r\nHost:')
    const response = await client.response()
    expect([response.status, response.text]).toEqual([408, 'Request header was not complete in time.\n'])
    await client.closed()
  })

  it('in the middle of its body breaks the connection once an answer has begun', async () => {
    const listener = await startListener((exchange) => {
      exchange.head({ status: 200, reason: 'OK', headers: [] })
      exchange.write(Buffer.from('part'))
    })
    const client = await listener.client()
    client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
    await listener.exchange()
    client.send('no chunk\r\n')
    const { complete, text } = await client.outcome()
    expect([complete, text]).toEqual([false, 'part'])
  })
})

describe('a refused WebSocket handshake', () => {
  it('is answered, and nothing of its connection is left when the client does not close it', async () => {
    const listener = await startListener()
    const client = new RawClient(connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true }))
    client.send(BAD_UPGRADE)
    const response = await client.response()
    expect([response.status, response.text]).toEqual([400, 'Failed to parse request: invalid Host header\n'])
    await eventually('no connection', () => listener.connectionCount() === 0)
    client.destroy()
  })

  it('whose client resets the connection does no harm', async () => {
    const listener = await startListener(answerAll)
    for (let i = 0; i < 30; i++) {
      const client = await listener.client()
      client.send(BAD_UPGRADE)
      client.socket.resetAndDestroy()
    }
    await eventually('no connection', () => listener.connectionCount() === 0)
    expect(uncaught).toEqual([])
    const client = await listener.client()
    client.send(get('/after'))
    expect((await client.response()).text).toBe('here')
  })

  it('of a taker is sent whole, counts bytes and ends the connection', async () => {
    const listener = await startListener()
    const client = await listener.client()
    client.send(GOOD_UPGRADE)
    const { socket } = await listener.upgrade()
    answerAndClose(socket as Socket, '501 Not Implemented', 'nötig')
    const response = await client.response()
    expect([response.status, response.text]).toEqual([501, 'nötig\n'])
    await client.closed()
    await eventually('no connection', () => listener.connectionCount() === 0)
  })
})

function answerAll(exchange: Parameters<typeof answer>[0]): void {
  answer(exchange, 'here')
}
