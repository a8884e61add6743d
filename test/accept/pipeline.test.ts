import { describe, expect, it } from 'vitest'
import type { HttpExchange } from '../../src/accept/httpExchange.ts'
import { MAX_WAITING } from '../../src/accept/pipeline.ts'
import { loopbackTurn } from '../support/loopback.ts'
import type { RawClient } from '../support/rawClient.ts'
import { eventually, within } from '../support/waiting.ts'
import { answer, get, startListener } from './support.ts'

const HELD = { status: 200, reason: 'OK', headers: [] }
/** More than the buffers of both ends of a loopback connection take. */
const TOO_MUCH = 8 * 1024 * 1024

function answerLarge(exchange: HttpExchange): void {
  exchange.head({ status: 200, reason: 'OK', headers: ['Content-Length', String(TOO_MUCH)] })
  exchange.end(Buffer.alloc(TOO_MUCH, 'x'))
}

async function answers(client: RawClient, count: number): Promise<string[]> {
  const texts: string[] = []
  for (let i = 0; i < count; i++) texts.push((await client.response()).text)
  return texts
}

describe('pipelined requests', () => {
  it('begin one after another, each when the one before is answered', async () => {
    const { client: connect, begun, exchange } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2') + get('/3'))
    for (const [i, target] of ['/1', '/2', '/3'].entries()) {
      const current = await exchange(i)
      expect(begun.map(({ target }) => target)).toEqual(['/1', '/2', '/3'].slice(0, i + 1))
      answer(current, target)
      expect((await client.response()).text).toBe(target)
    }
  })

  it('are answered in order, as many as may wait and one more, also at once and in one go', async () => {
    const { client: connect } = await startListener((exchange) => answer(exchange, exchange.target))
    const client = await connect()
    const targets = Array.from({ length: MAX_WAITING + 1 }, (_, i) => `/${i}`)
    for (let round = 0; round < 3; round++) {
      client.send(targets.map((target) => get(target)).join(''))
      expect(await answers(client, targets.length)).toEqual(targets)
    }
  })

  it('with bodies are told apart', async () => {
    const { client: connect } = await startListener((exchange) => {
      const chunks: Buffer[] = []
      const done = (): void => answer(exchange, `${exchange.target}:${Buffer.concat(chunks)}`)
      if (exchange.body === undefined) done()
      else exchange.body.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', done)
    })
    const client = await connect()
    const post = (target: string, body: string): string =>
      `POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    client.send(
      post('/1', 'GET /x HTTP/1.1\r\n\r\n') + get('/2') + post('/3', 'b'.repeat(100_000)) + post('/4', ''),
    )
    const texts = await answers(client, 4)
    expect(texts.map((text) => text.slice(0, 10))).toEqual(['/1:GET /x ', '/2:', '/3:bbbbbbb', '/4:'])
    expect(texts[2]!.length).toBe(100_003)
  })

  it('break the connection when more of them wait than may, however many come at once', async () => {
    const { client: connect, begun, exchange, connectionCount } = await startListener()
    const client = await connect()
    client.socket.on('error', () => {})
    client.send(Array.from({ length: 40_000 }, (_, i) => get(`/${i}`)).join(''))
    const first = await exchange()
    const left = new Promise<void>((resolve) => {
      first.onClose = resolve
    })
    await within(left, 1000, () => 'the exchange to hear of it')
    await eventually('the connection is gone', () => connectionCount() === 0)
    expect(first.incoming.socket.bytesRead).toBeLessThan(200_000)
    expect(begun.length).toBe(1)
  })

  it('do not hide that their client has left', async () => {
    const { client: connect, begun, exchange, connectionCount } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2') + get('/3'))
    const first = await exchange()
    const left = new Promise<void>((resolve) => {
      first.onClose = resolve
    })
    await loopbackTurn()
    client.socket.resetAndDestroy()
    await within(left, 1000, () => 'the exchange to hear of it')
    await eventually('the connection is gone', () => connectionCount() === 0)
    expect(begun.length).toBe(1)
  })

  it('behind one that asked for the end are not begun', async () => {
    const { client: connect, begun, exchange } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2') + get('/3'))
    const first = await exchange()
    first.closeAfter()
    answer(first, 'one')
    expect((await client.response()).text).toBe('one')
    await client.closed()
    expect(begun.length).toBe(1)
  })

  it('whose client has left are not begun', async () => {
    const { client: connect, begun, exchange, connectionCount } = await startListener()
    const client = await connect()
    client.send(get('/1') + get('/2'))
    const first = await exchange()
    client.socket.resetAndDestroy()
    answerLarge(first)
    await eventually('the connection is gone', () => connectionCount() === 0)
    await loopbackTurn()
    expect(begun.length).toBe(1)
  })
})

describe('a request behind an answer that the client has not read', () => {
  it('begins when that is written, and can then be held', async () => {
    const { client: connect, begun, exchange } = await startListener()
    const client = await connect()
    client.socket.pause()
    client.send(get('/1') + get('/2'))
    answerLarge(await exchange())
    await loopbackTurn()
    expect(begun.length).toBe(1)
    client.socket.resume()
    const second = await exchange(1)
    const stream = second.holdStream(HELD, Buffer.from('held'))
    expect((await client.response()).text.length).toBe(TOO_MUCH)
    await client.until('held')
    stream.end()
    await client.until('0\r\n\r\n')
  })

  it('is not begun when the client leaves instead', async () => {
    const { client: connect, begun, exchange, connectionCount } = await startListener()
    const client = await connect()
    client.socket.pause()
    client.send(get('/1') + get('/2'))
    answerLarge(await exchange())
    await loopbackTurn()
    client.socket.resetAndDestroy()
    await eventually('the connection is gone', () => connectionCount() === 0)
    expect(begun.length).toBe(1)
  })
})

describe('what cannot be parsed behind a request', () => {
  it.each([
    ['garbage', `${get('/1')}garbage\r\n\r\n`],
    ['a request behind the last one', get('/1', 'Connection: close\r\n') + get('/2')],
    ['a head that is too large', get('/1') + get('/2', `X: ${'x'.repeat(10_000)}\r\n`)],
  ])('such as %s leaves it its answer, which ends the connection', async (_, bytes) => {
    const { client: connect, begun, exchange } = await startListener()
    const client = await connect()
    client.send(bytes)
    const first = await exchange()
    await loopbackTurn()
    client.send('more garbage\r\n\r\n')
    await loopbackTurn()
    expect(client.isClosed).toBe(false)
    answer(first, 'one')
    const response = await client.response()
    expect([response.status, response.text, response.header('connection')]).toEqual([200, 'one', 'close'])
    await client.closed()
    expect(begun.length).toBe(1)
  })

  it('does not hide that the client has left', async () => {
    const { client: connect, exchange } = await startListener()
    const client = await connect()
    client.send(`${get('/1')}GET /2 HT`)
    const first = await exchange()
    const left = new Promise<void>((resolve) => {
      first.onClose = resolve
    })
    client.socket.end()
    await within(left, 1000, () => 'the exchange to hear of it')
  })

  it('leaves all requests before it their answers', async () => {
    const { client: connect } = await startListener((exchange) =>
      setImmediate(answer, exchange, exchange.target),
    )
    const client = await connect()
    client.send(`${get('/1')}${get('/2')}${get('/3')}garbage\r\n\r\n`)
    expect(await answers(client, 3)).toEqual(['/1', '/2', '/3'])
    await client.closed()
  })

  it('does not cut off an answer that has begun', async () => {
    const { client: connect, exchange } = await startListener()
    const client = await connect()
    client.send(get('/1'))
    const first = await exchange()
    first.head(HELD)
    first.write(Buffer.from('one '))
    client.send('garbage\r\n\r\n')
    await loopbackTurn()
    first.end(Buffer.from('two'))
    expect((await client.response()).text).toBe('one two')
    await client.closed()
  })
})
