import { describe, expect, it } from 'vitest'
import { type HttpExchange, MAX_INFORMATIONAL } from '../../src/accept/httpExchange.ts'
import { loopbackTurn } from '../support/loopback.ts'
import { eventually } from '../support/waiting.ts'
import { answer, beginExchange, countCloses, get, startListener } from './support.ts'

const OK = { status: 200, reason: 'OK', headers: [] }
const TOO_MUCH = 8 * 1024 * 1024

describe('an answer', () => {
  it('has the head as given, without fields that nobody asked for', async () => {
    const { client, exchange } = await beginExchange(get('/', 'Connection: close\r\n'))
    const headers = ['X-b', '1', 'x-A', '2', 'X-b', 'ä', 'Content-Length', '0']
    exchange.head({ status: 299, reason: 'Very Good', headers })
    exchange.end()
    const text = await client.until(/\r\n\r\n/)
    expect(text).toBe(
      'HTTP/1.1 299 Very Good\r\nX-b: 1\r\nx-A: 2\r\nX-b: ä\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    )
  })

  it.each([1, 4096, 4097, 100_000])('of %d bytes of any value arrives as it is', async (length) => {
    const { client, exchange } = await beginExchange()
    const body = Buffer.from(Array.from({ length }, (_, i) => (i * 7) % 256))
    exchange.head({ ...OK, headers: ['Content-Length', String(length)] })
    exchange.end(body)
    const response = await client.response()
    expect(Buffer.from(response.body).equals(body)).toBe(true)
  })

  it('pauses its writer and tells it once to go on, as often as it is paused', async () => {
    const { client, exchange } = await beginExchange()
    client.socket.pause()
    exchange.head(OK)
    let drains = 0
    exchange.onDrain = () => drains++
    for (let i = 0; i < 15; i++) expect(exchange.write(Buffer.alloc(TOO_MUCH / 15))).toBe(false)
    await loopbackTurn()
    expect(drains).toBe(0)
    client.socket.resume()
    await eventually('the drain', () => drains > 0)
    expect(drains).toBe(1)
    exchange.write(Buffer.alloc(100_000))
    await eventually('another drain', () => drains > 1)
    exchange.end()
    expect((await client.response()).complete).toBe(true)
    expect(drains).toBe(2)
  })

  it.each([
    ['HEAD', 'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n', 200],
    ['204', get('/'), 204],
    ['304', get('/'), 304],
  ])('to %s has no body, whatever is written', async (kind, request, status) => {
    const { client, exchange } = await beginExchange(request + get('/2'))
    exchange.head({ status, reason: 'X', headers: kind === 'HEAD' ? ['Content-Length', '4'] : [] })
    exchange.write(Buffer.from('bo'))
    exchange.end(Buffer.from('dy'))
    const response = await client.response(kind === 'HEAD' ? 'HEAD' : 'GET')
    expect([response.status, response.text]).toEqual([status, ''])
  })

  it('is ended by its first end only', async () => {
    const { client, exchange, exchangeCount } = await withCount()
    answer(exchange, 'one')
    exchange.end(Buffer.from('again'))
    client.send(get('/2'))
    expect((await client.response()).text).toBe('one')
    await eventually('the next request', () => exchangeCount() === 2)
  })

  async function withCount() {
    const listener = await startListener()
    const client = await listener.client()
    client.send(get('/'))
    return { client, exchange: await listener.exchange(), exchangeCount: () => listener.begun.length }
  }
})

describe('a 1xx response', () => {
  const HINT = { status: 103, reason: 'Early Hints', headers: ['Link', '</x>'] }

  it('is passed on a limited number of times', async () => {
    const { client, exchange } = await beginExchange()
    for (let i = 0; i < MAX_INFORMATIONAL + 50; i++) exchange.informational(HINT)
    answer(exchange, 'the end')
    const text = await client.until(/the end$/)
    expect(text.split('HTTP/1.1 103').length - 1).toBe(MAX_INFORMATIONAL)
  })

  it('is dropped while the client does not take what was sent before', async () => {
    const { client, exchange } = await beginExchange()
    client.socket.pause()
    const large = { ...HINT, headers: ['Link', 'x'.repeat(1_000_000)] }
    for (let i = 0; i < 50; i++) exchange.informational(large)
    expect(exchange.incoming.socket.writableLength).toBeLessThan(2_000_000)
  })

  it('goes before the answer', async () => {
    const { client, exchange } = await beginExchange()
    exchange.informational({ status: 103, reason: 'Early Hints', headers: ['Link', '</x>'] })
    answer(exchange, 'x')
    const text = await client.until(/x$/)
    expect(text).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/x>\r\n\r\nHTTP\/1.1 200 OK\r\n/)
  })

  it.each([
    ['to an HTTP/1.0 client', 'GET / HTTP/1.0\r\n\r\n', false],
    ['once the answer has begun', get('/'), true],
  ])('is not sent %s', async (_, request, isLate) => {
    const { client, exchange } = await beginExchange(request)
    if (isLate) exchange.head(OK)
    exchange.informational({ status: 103, reason: 'Early Hints', headers: [] })
    if (!isLate) exchange.head(OK)
    exchange.end(Buffer.from('x'))
    expect((await client.response()).status).toBe(200)
  })

  it('of 100 is sent when the body is asked for, and only then', async () => {
    const { client, exchange } = await beginExchange(
      'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n',
    )
    await loopbackTurn()
    const { body } = exchange
    expect(body).toBe(exchange.body)
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('body')
    const chunks: Buffer[] = []
    for await (const chunk of body!) chunks.push(chunk as Buffer)
    answer(exchange, Buffer.concat(chunks).toString())
    expect((await client.response()).text).toBe('body')
  })

  it('of 100 is not sent where the answer comes first: the body is then no request', async () => {
    const { client, exchange, begun } = await beginExchange(
      'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n',
    )
    answer(exchange, 'no, thanks')
    const response = await client.response()
    expect([response.status, response.header('connection')]).toEqual([200, 'close'])
    client.send(get('/this-is-in-the-body'))
    await client.closed()
    expect(begun.length).toBe(1)
  })
})

describe('a client that leaves', () => {
  it.each([
    ['before the answer', () => {}],
    ['within the head of it', (exchange: HttpExchange) => exchange.head(OK)],
    [
      'within its body',
      (exchange: HttpExchange) => {
        exchange.head(OK)
        exchange.write(Buffer.alloc(TOO_MUCH))
      },
    ],
  ])('%s is reported once, and calls after that do no harm', async (_, start) => {
    const { client, exchange } = await beginExchange()
    const noted = countCloses(exchange)
    start(exchange)
    client.socket.resetAndDestroy()
    await eventually('the close', () => noted.count > 0)
    if (!exchange.started) exchange.head(OK)
    exchange.write(Buffer.from('x'))
    exchange.end()
    await loopbackTurn()
    expect(noted.count).toBe(1)
  })

  it('within its own request is reported', async () => {
    const { client, exchange } = await beginExchange(
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc',
    )
    const noted = countCloses(exchange)
    exchange.body?.on('error', () => {})
    client.destroy()
    await eventually('the close', () => noted.count > 0)
    expect(noted.count).toBe(1)
  })

  it('after the answer is not reported', async () => {
    const { client, exchange, connectionCount } = await beginExchange()
    const noted = countCloses(exchange)
    answer(exchange, 'x')
    await client.response()
    client.destroy()
    await eventually('no connection', () => connectionCount() === 0)
    expect(noted.count).toBe(0)
  })
})

describe('an abort', () => {
  it.each([
    ['HTTP/1.1', get('/')],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ])('in mid-body is seen as a transfer that failed, by an %s client too', async (_, request) => {
    const { client, exchange } = await beginExchange(request)
    const noted = countCloses(exchange)
    let error = ''
    client.socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? ''
    })
    exchange.head(OK)
    exchange.write(Buffer.from('part'))
    await client.until('part')
    exchange.abort()
    await client.closed()
    expect(error).toBe('ECONNRESET')
    expect(noted.count).toBe(0)
  })
})
