import { describe, expect, it } from 'vitest'
import { openStream, type RequestOptions, requestBytes } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { END_OF_HEAD, expectFailure, usePassthrough } from './passthroughBench.ts'
import { targetAt } from './passthroughFront.ts'

const bench = usePassthrough()

describe('what the origin gets', () => {
  it('the Host is that of the target that is reached, where it has one', async () => {
    const dead = targetAt(await freePort(), { hostOverride: 'dead.test' })
    for (const [n, hostOverride, host] of [
      [1, 'own.test:81', 'own.test:81'],
      [2, undefined, 'origin.test'],
    ] as const) {
      await bench.useFront([dead, targetAt(bench.origin.port, { hostOverride })])
      await bench.sendRequest()
      const connection = await bench.origin.connection(n)
      expect(await connection.until(END_OF_HEAD)).toContain(`\r\nHost: ${host}\r\n`)
    }
  })

  it('path, spelling, order and repetition are as given', async () => {
    const target = '//a//b/%2e%41/?q=1//2&x=a%20b&?'
    const headers = [
      ['X-Beta', '1'],
      ['x-ALPHA', 'two  words'],
      ['Cookie', 'a=1'],
      ['X-Beta', '2'],
      ['Cookie', 'b=2'],
      ['X-Empty', ''],
      ['X-Latin', 'caf\xe9'],
    ] as const
    await bench.sendRequest(target, { headers })
    const received = await (await bench.origin.connection()).until(END_OF_HEAD)
    expect(received.split('\r\n')).toEqual([
      `GET ${target} HTTP/1.1`,
      'Host: origin.test',
      ...headers.map(([name, value]) => `${name}: ${value}`),
      'Connection: keep-alive',
      '',
      '',
    ])
  })

  it.each([
    ['POST', 'Content-Length: 5'],
    ['GET', 'Content-Length: 5'],
    ['DELETE', 'Content-Length: 5'],
  ])('a %s body of known length', async (method, framing) => {
    await bench.sendRequest('/', { method, body: 'hello' })
    const received = await (await bench.origin.connection()).until('hello')
    expect(received).toContain(`\r\n${framing}\r\n`)
    expect(received.toLowerCase()).not.toContain('transfer-encoding')
  })

  it.each(['POST', 'GET', 'DELETE', 'OPTIONS'])('a chunked %s body', async (method) => {
    const sender = await bench.client()
    sender.send(
      `${method} / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    )
    const received = await (await bench.origin.connection()).until('0\r\n\r\n')
    expect(received).toContain('\r\nTransfer-Encoding: chunked\r\n')
    expect(received.toLowerCase()).not.toContain('content-length')
    expect(received).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
  })

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('a %s without a body says nothing of one', async (method) => {
    await bench.sendRequest('/', { method })
    const received = await (await bench.origin.connection()).until(END_OF_HEAD)
    expect(received.toLowerCase()).not.toMatch(/content-length|transfer-encoding/)
  })

  it.each(['POST', 'PUT', 'PATCH'])('a %s without a body says so', async (method) => {
    await bench.sendRequest('/', { method })
    expect(await (await bench.origin.connection()).until(END_OF_HEAD)).toContain('\r\nContent-Length: 0\r\n')
  })

  it('the head comes before the body is there', async () => {
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n')
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    sender.send('ab')
    await connection.until('ab')
    sender.send('cd')
    await connection.until('cd')
  })

  it('a client that waits for 100 is asked for the body when there is a connection', async () => {
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    await sender.until('HTTP/1.1 100 Continue\r\n\r\n')
    sender.send('hello')
    expect((await (await bench.origin.connection()).until('hello')).toLowerCase()).not.toContain('expect')
  })

  it('a client that waits for 100 is not asked when no target can be reached', async () => {
    await bench.useFront([targetAt(await freePort())])
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    const response = await sender.response()
    expectFailure(response, 502)
    expect(response.informational).toEqual([])
    expect(response.header('connection')).toBe('close')
  })
})

describe('what the client gets', () => {
  /** Sends a request and answers it with these bytes. */
  async function exchange(answer: string, options: RequestOptions = {}): Promise<RawResponse> {
    const sender = await bench.sendRequest('/', options)
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(answer)
    return sender.response(options.method)
  }

  it('status, reason, spelling, order and repetition are as answered', async () => {
    const response = await exchange(
      'HTTP/1.1 299 Quite OK\r\nX-b: 1\r\nSet-Cookie: a=1\r\nx-A: 2\r\nSet-Cookie: b=2\r\nX-b: 3\r\nContent-Length: 2\r\n\r\nok',
    )
    expect([response.status, response.reason, response.text]).toEqual([299, 'Quite OK', 'ok'])
    expect(response.headers.filter(([name]) => !/^(connection|keep-alive)$/i.test(name))).toEqual([
      ['X-b', '1'],
      ['Set-Cookie', 'a=1'],
      ['x-A', '2'],
      ['Set-Cookie', 'b=2'],
      ['X-b', '3'],
      ['Content-Length', '2'],
    ])
  })

  it('fields of the origin connection stay there', async () => {
    const response = await exchange(
      'HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nProxy-Authenticate: Basic\r\nTrailer: X\r\nContent-Length: 0\r\n\r\n',
    )
    const names = response.headers.map(([name]) => name.toLowerCase())
    expect(names).not.toEqual(expect.arrayContaining(['x-hop']))
    expect(names).not.toEqual(expect.arrayContaining(['proxy-authenticate']))
    expect(names).not.toEqual(expect.arrayContaining(['trailer']))
    expect(response.header('connection')).toBe('keep-alive')
  })

  it('a chunked answer stays chunked', async () => {
    const response = await exchange(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
    )
    expect(response.all('transfer-encoding')).toEqual(['chunked'])
    expect(response.text).toBe('abc')
  })

  it('an HTTP/1.0 client gets a chunked answer without its chunks', async () => {
    const response = await exchange(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
      {
        version: '1.0',
      },
    )
    expect(response.header('transfer-encoding')).toBeUndefined()
    expect(response.text).toBe('ab')
    expect(response.complete).toBe(true)
  })

  it('an answer that ends with its connection is complete', async () => {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')
    expect((await sender.response()).text).toBe('all of it')
  })

  it('the answer to HEAD has its length and no body', async () => {
    const sender = await bench.sendRequest('/', { method: 'HEAD' })
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n')
    expect((await sender.response('HEAD')).header('content-length')).toBe('1234')
    sender.send(requestBytes('/again'))
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
  })

  it.each([
    ['204 No Content', '', undefined],
    ['204 No Content', 'Content-Length: 0\r\n', undefined],
    ['304 Not Modified', 'ETag: "x"\r\n', undefined],
    ['304 Not Modified', 'Content-Length: 55\r\n', '55'],
  ])('%s with %j has no body, and the connection stays in step', async (status, fields, length) => {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(`HTTP/1.1 ${status}\r\n${fields}\r\n`)
    const response = await sender.response()
    expect(response.status).toBe(Number(status.slice(0, 3)))
    expect(response.header('content-length')).toBe(length)
    expect(response.header('transfer-encoding')).toBeUndefined()
    sender.send(requestBytes('/again'))
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
  })

  it('the head and every piece of the body come as soon as they are there', async () => {
    const reading = openStream(bench.front.port, '/')
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const stream = await reading
    expect(stream.head.header('content-type')).toBe('text/event-stream')
    connection.send('9\r\ndata: 1\n\n\r\n')
    await stream.until('data: 1\n\n')
    connection.send('9\r\ndata: 2\n\n\r\n0\r\n\r\n')
    expect(await stream.ended()).toEqual({ complete: true, text: 'data: 1\n\ndata: 2\n\n' })
    stream.client.destroy()
  })

  it('early hints come before the answer', async () => {
    const response = await exchange(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    )
    expect(response.informational.map(({ status, headers }) => ({ status, headers }))).toEqual([
      {
        status: 103,
        headers: [
          ['Link', '</a>'],
          ['Link', '</b>'],
        ],
      },
    ])
    expect(response.text).toBe('ok')
  })

  it('an HTTP/1.0 client gets no early hints', async () => {
    const response = await exchange(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      { version: '1.0' },
    )
    expect(response.informational).toEqual([])
    expect(response.text).toBe('ok')
  })

  it('GRIP instructions are not followed', async () => {
    const response = await exchange(
      'HTTP/1.1 200 OK\r\nGrip-Hold: stream\r\nGrip-Channel: c\r\nContent-Length: 2\r\n\r\nok',
    )
    expect(response.header('grip-hold')).toBe('stream')
    expect(response.text).toBe('ok')
  })

  it('an answer comes before the request is whole, and then the connection ends', async () => {
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome')
    const connection = await bench.origin.connection()
    await connection.until('some')
    connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    const response = await sender.response()
    expect([response.status, response.header('connection')]).toEqual([403, 'close'])
    await sender.closed()
    await connection.closed()
  })

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['a NUL in a field', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok'],
    ['a CR in a field', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok'],
    ['a control character in the reason', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok'],
  ])('an answer with %s is refused', async (_what, bytes) => {
    expectFailure(await exchange(bytes), 502)
    expect(await bench.front.outcome()).toMatchObject({ status: 502, error: { code: 'ORIGIN_BROKEN' } })
  })
})

describe('the outcome', () => {
  it('has status, target and size', async () => {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello')
    await sender.response()
    expect(await bench.front.outcome()).toEqual({
      status: 404,
      target: `127.0.0.1:${bench.origin.port}`,
      bodyBytes: 5,
    })
  })
})
