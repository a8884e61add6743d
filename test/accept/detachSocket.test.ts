import { describe, expect, it } from 'vitest'
import { loopbackTurn } from '../support/loopback.ts'
import { eventually } from '../support/waiting.ts'
import { answer, beginExchange, countCloses, get, startListener } from './support.ts'

const OK = { status: 200, reason: 'OK', headers: [] }

describe('a held stream', () => {
  it('begins with the head and the first part of the body in one piece', async () => {
    const { client, exchange } = await beginExchange()
    const stream = exchange.holdStream({ ...OK, headers: ['X-A', 'ä'] }, Buffer.from('first'))
    stream.write(Buffer.from('4\r\nmore\r\n'))
    stream.end()
    await client.closed()
    expect(await client.until('0\r\n\r\n')).toBe(
      'HTTP/1.1 200 OK\r\nX-A: ä\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n' +
        '5\r\nfirst\r\n4\r\nmore\r\n0\r\n\r\n',
    )
  })

  it('of an HTTP/1.0 client has no chunks and ends with the connection', async () => {
    const { client, exchange } = await beginExchange('GET / HTTP/1.0\r\n\r\n')
    const stream = exchange.holdStream(OK, Buffer.alloc(0))
    expect(stream.framing).toBe('raw')
    stream.write(Buffer.from('text'))
    stream.end()
    await client.closed()
    expect(await client.until('text')).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntext')
  })

  it('takes no further requests: those that follow are dropped, parsed already or not', async () => {
    const { client, exchange, begun } = await beginExchange(get('/1') + get('/2'))
    const stream = exchange.holdStream(OK, Buffer.from('x'))
    await client.until('x')
    client.send(get('/3'))
    client.send('garbage\r\n\r\n')
    await loopbackTurn()
    stream.end()
    await client.until('0\r\n\r\n')
    await client.closed()
    expect(begun.length).toBe(1)
  })

  it('says when its client leaves, and the exchange does not', async () => {
    const { client, exchange } = await beginExchange()
    const noted = countCloses(exchange)
    const stream = exchange.holdStream(OK, Buffer.from('x'))
    let isClosed = false
    stream.owner = {
      onStreamClose: () => {
        isClosed = true
      },
      onStreamDrain: () => {},
    }
    await client.until('x')
    client.destroy()
    await eventually('the close', () => isClosed)
    expect(noted.count).toBe(0)
  })

  it.each([
    ['others wait behind it', get('/1') + get('/2')],
    [
      'nobody reads its body',
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(800_000)}`,
    ],
  ])('says when its client leaves also where reading had stopped because %s', async (_, request) => {
    const { client, exchange } = await beginExchange(request)
    await loopbackTurn()
    const stream = exchange.holdStream(OK, Buffer.from('x'))
    let isClosed = false
    stream.owner = {
      onStreamClose: () => {
        isClosed = true
      },
      onStreamDrain: () => {},
    }
    await client.until('x')
    client.destroy()
    await eventually('the close', () => isClosed)
  })

  it('can begin while the client is still sending its body', async () => {
    const { client, exchange } = await beginExchange(
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc',
    )
    exchange.body!.on('data', () => {})
    exchange.holdStream(OK, Buffer.from('x'))
    await client.until('x')
    client.send('y'.repeat(99_997))
    client.send(get('/no-request'))
    await loopbackTurn()
    expect(client.isClosed).toBe(false)
  })

  it('leaves a parser behind that other connections can use', async () => {
    const listener = await startListener((exchange) => {
      if (exchange.target === '/held') setImmediate(() => exchange.holdStream(OK, Buffer.from('held')))
      else answer(exchange, exchange.target)
    })
    for (let i = 0; i < 30; i++) {
      const held = await listener.client()
      held.send(get('/held'))
      await held.until('held')
      const other = await listener.client()
      other.send(get(`/${i}`))
      expect((await other.response()).text).toBe(`/${i}`)
      held.send('more')
    }
  })
})
