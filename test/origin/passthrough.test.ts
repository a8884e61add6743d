import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OriginTarget } from '../../src/edges/origin.ts'
import { get, getOutcome, openStream, type RequestOptions, requestBytes } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import { connect, type RawClient } from '../support/rawClient.ts'
import { eventually, passTime } from '../support/waiting.ts'
import { type Front, type RawOrigin, startFront, startRawOrigin, targetAt } from './passthroughFront.ts'
import { SELF_SIGNED } from './selfSigned.ts'

const END_OF_HEAD = '\r\n\r\n'
const BAD_GATEWAY = 'Error while proxying to origin.\n'

let origin: RawOrigin
let front: Front
let clients: RawClient[]

beforeEach(async () => {
  clients = []
  origin = await startRawOrigin()
  front = await startFront([targetAt(origin.port)])
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  await front.stop()
  await origin.stop()
})

/** Replaces the front by one with other targets or limits. */
async function useFront(
  targets: readonly OriginTarget[],
  options: Parameters<typeof startFront>[1] = {},
): Promise<void> {
  await front.stop()
  front = await startFront(targets, options)
}

async function client(): Promise<RawClient> {
  const made = await connect(front.port)
  clients.push(made)
  return made
}

async function sendRequest(target = '/', options: RequestOptions = {}): Promise<RawClient> {
  const made = await client()
  made.send(requestBytes(target, options))
  return made
}

function expectFailure(response: RawResponse, status: number): void {
  expect(response.status).toBe(status)
  expect(response.header('content-type')).toBe('text/plain')
  expect(response.text).toBe(BAD_GATEWAY)
}

describe('what the origin gets', () => {
  it('the Host is that of the target that is reached, where it has one', async () => {
    const dead = targetAt(await freePort(), { hostOverride: 'dead.test' })
    for (const [n, hostOverride, host] of [
      [1, 'own.test:81', 'own.test:81'],
      [2, undefined, 'origin.test'],
    ] as const) {
      await useFront([dead, targetAt(origin.port, { hostOverride })])
      await sendRequest()
      const connection = await origin.connection(n)
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
    await sendRequest(target, { headers })
    const received = await (await origin.connection()).until(END_OF_HEAD)
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
    await sendRequest('/', { method, body: 'hello' })
    const received = await (await origin.connection()).until('hello')
    expect(received).toContain(`\r\n${framing}\r\n`)
    expect(received.toLowerCase()).not.toContain('transfer-encoding')
  })

  it.each(['POST', 'GET', 'DELETE', 'OPTIONS'])('a chunked %s body', async (method) => {
    const sender = await client()
    sender.send(
      `${method} / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    )
    const received = await (await origin.connection()).until('0\r\n\r\n')
    expect(received).toContain('\r\nTransfer-Encoding: chunked\r\n')
    expect(received.toLowerCase()).not.toContain('content-length')
    expect(received).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
  })

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('a %s without a body says nothing of one', async (method) => {
    await sendRequest('/', { method })
    const received = await (await origin.connection()).until(END_OF_HEAD)
    expect(received.toLowerCase()).not.toMatch(/content-length|transfer-encoding/)
  })

  it.each(['POST', 'PUT', 'PATCH'])('a %s without a body says so', async (method) => {
    await sendRequest('/', { method })
    expect(await (await origin.connection()).until(END_OF_HEAD)).toContain('\r\nContent-Length: 0\r\n')
  })

  it('the head comes before the body is there', async () => {
    const sender = await client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n')
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    sender.send('ab')
    await connection.until('ab')
    sender.send('cd')
    await connection.until('cd')
  })

  it('a client that waits for 100 is asked for the body when there is a connection', async () => {
    const sender = await client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
    await sender.until('HTTP/1.1 100 Continue\r\n\r\n')
    sender.send('hello')
    expect((await (await origin.connection()).until('hello')).toLowerCase()).not.toContain('expect')
  })

  it('a client that waits for 100 is not asked when no target can be reached', async () => {
    await useFront([targetAt(await freePort())])
    const sender = await client()
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
    const sender = await sendRequest('/', options)
    const connection = await origin.connection()
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
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')
    expect((await sender.response()).text).toBe('all of it')
  })

  it('the answer to HEAD has its length and no body', async () => {
    const sender = await sendRequest('/', { method: 'HEAD' })
    const connection = await origin.connection()
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
    const sender = await sendRequest()
    const connection = await origin.connection()
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
    const reading = openStream(front.port, '/')
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const stream = await reading
    clients.push(stream.client)
    expect(stream.head.header('content-type')).toBe('text/event-stream')
    connection.send('9\r\ndata: 1\n\n\r\n')
    await stream.until('data: 1\n\n')
    connection.send('9\r\ndata: 2\n\n\r\n0\r\n\r\n')
    expect(await stream.ended()).toEqual({ complete: true, text: 'data: 1\n\ndata: 2\n\n' })
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
    const sender = await client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome')
    const connection = await origin.connection()
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
    expect(await front.outcome()).toMatchObject({ status: 502, error: { code: 'ORIGIN_BROKEN' } })
  })
})

describe('the outcome', () => {
  it('has status, target and size', async () => {
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello')
    await sender.response()
    expect(await front.outcome()).toEqual({ status: 404, target: `127.0.0.1:${origin.port}`, bodyBytes: 5 })
  })
})

describe('a client that leaves', () => {
  it('while the origin thinks ends the request to the origin', async () => {
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    sender.destroy()
    await connection.closed()
    expect(await front.outcome()).toEqual({ target: `127.0.0.1:${origin.port}`, bodyBytes: 0 })
  })

  it('after a whole body ends the request to the origin', async () => {
    const sender = await sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await origin.connection()
    await connection.until('hello')
    sender.destroy()
    await connection.closed()
  })

  it('after a whole body, in the middle of the answer, ends the request to the origin', async () => {
    const sender = await sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await origin.connection()
    await connection.until('hello')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome')
    await sender.until('some')
    sender.destroy()
    await connection.closed()
  })

  it('in the middle of its body ends the request to the origin', async () => {
    const sender = await client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome')
    const connection = await origin.connection()
    await connection.until('some')
    sender.destroy()
    await connection.closed()
    expect((await front.outcome()).error).toBeUndefined()
  })

  it('in the middle of the answer ends the request to the origin', async () => {
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome')
    await sender.until('some')
    sender.destroy()
    await connection.closed()
    expect(await front.outcome()).toEqual({ status: 200, target: `127.0.0.1:${origin.port}`, bodyBytes: 4 })
  })
})

describe('an origin that dies in mid-body', () => {
  it.each([
    ['of known length', 'Content-Length: 100\r\n\r\nsome'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ])('breaks the transfer of a body %s', async (_what, rest) => {
    const outcome = getOutcome(front.port, '/')
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.socket.end(`HTTP/1.1 200 OK\r\n${rest}`)
    const response = await outcome
    expect(response.text).toBe('some')
    expect(response.complete).toBe(false)
    expect(await front.outcome()).toMatchObject({ status: 200, error: { code: 'ORIGIN_BROKEN' } })
  })

  it.each(['1.0', '1.1'] as const)(
    'with a reset breaks an HTTP/%s transfer without other end',
    async (version) => {
      const sender = await sendRequest('/', { version })
      const connection = await origin.connection()
      await connection.until(END_OF_HEAD)
      connection.send('HTTP/1.1 200 OK\r\n\r\nsome')
      const before = await sender.until('some')
      connection.socket.resetAndDestroy()
      await sender.closed()
      const after = await sender.until(() => true)
      if (version === '1.1') expect(before + after).not.toContain('0\r\n\r\n')
      else expect(sender.socket.errored).toMatchObject({ code: 'ECONNRESET' })
      expect(await front.outcome()).toMatchObject({ status: 200, error: { code: 'ORIGIN_BROKEN' } })
    },
  )
})

describe('several targets', () => {
  it.each([undefined, 'the whole body'])('the next one is asked when one refuses; body %j', async (body) => {
    await useFront([targetAt(await freePort()), targetAt(await freePort()), targetAt(origin.port)])
    const sender = await sendRequest('/', { method: 'POST', ...(body === undefined ? {} : { body }) })
    const connection = await origin.connection()
    await connection.until(body ?? END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
    expect((await front.outcome()).target).toBe(`127.0.0.1:${origin.port}`)
  })

  it('the client is told when all refuse', async () => {
    const ports = [await freePort(), await freePort()]
    await useFront(ports.map((port) => targetAt(port)))
    const sender = await sendRequest()
    expectFailure(await sender.response(), 502)
    const outcome = await front.outcome()
    expect(outcome).toMatchObject({
      status: 502,
      bodyBytes: 32,
      target: `127.0.0.1:${ports[1]}`,
      error: { code: 'ORIGIN_UNREACHABLE' },
    })
    expect(front.outcomes.length).toBe(1)
    sender.send(requestBytes('/again'))
    expectFailure(await sender.response(), 502)
  })

  it('the client is told when there is none', async () => {
    await useFront([])
    expectFailure(await get(front.port, '/'), 502)
  })

  it('the next one is not asked when one has taken the request and broken off', async () => {
    const second = await startRawOrigin()
    await useFront([targetAt(origin.port), targetAt(second.port)])
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.destroy()
    expectFailure(await sender.response(), 502)
    expect(second.connections.length).toBe(0)
    await second.stop()
  })

  it('the next one is not asked when one answers with an error', async () => {
    const second = await startRawOrigin()
    await useFront([targetAt(origin.port), targetAt(second.port)])
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
    expect((await sender.response()).status).toBe(503)
    expect(second.connections.length).toBe(0)
    await second.stop()
  })
})

describe('a silent origin', () => {
  it('gets as long as configured; then the client is told', async () => {
    await useFront([targetAt(origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await sendRequest()
    const connection = await origin.connection()
    expectFailure(await sender.response(), 504)
    expect(await front.outcome()).toMatchObject({ status: 504, error: { code: 'ORIGIN_TIMEOUT' } })
    await connection.closed()
  })

  it('is not blamed for a client that pauses in its body', async () => {
    await useFront([targetAt(origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello')
    const connection = await origin.connection()
    await connection.until('hello')
    await passTime(300)
    sender.send('world')
    await connection.until('world')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
  })

  it('may be silent inside a body', async () => {
    await useFront([targetAt(origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
    await passTime(300)
    connection.send('ok')
    expect((await sender.response()).text).toBe('ok')
  })

  it('that never completes TLS counts as not reached', async () => {
    const second = await startRawOrigin()
    await useFront([targetAt(origin.port, { tls: true }), targetAt(second.port)], {
      originTimeoutSeconds: 0.2,
    })
    const sender = await sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await second.connection()
    await connection.until('hello')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
    await (await origin.connection()).closed()
    await second.stop()
  })
})

describe('connections to the origin', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

  it('are kept for the next request', async () => {
    const sender = await client()
    for (let i = 1; i <= 3; i++) {
      sender.send(requestBytes('/', { method: 'POST', body: `body ${i}` }))
      const connection = await origin.connection()
      await connection.until(`body ${i}`)
      connection.send(answer)
      expect((await sender.response()).text).toBe('ok')
    }
    expect(origin.connections.length).toBe(1)
  })

  /** Leaves the front with a pooled connection that the origin breaks when it is used again. */
  async function reuse(method: string): Promise<RawClient> {
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(answer)
    await sender.response()
    sender.send(requestBytes('/again', { method }))
    await connection.until('/again')
    connection.socket.resetAndDestroy()
    return sender
  }

  it.each(['GET', 'DELETE', 'PUT'])(
    'that break when they are used again cost a %s nothing',
    async (method) => {
      const sender = await reuse(method)
      const connection = await origin.connection(2)
      expect(await connection.until(END_OF_HEAD)).toContain(`${method} /again HTTP/1.1`)
      connection.send(answer)
      expect((await sender.response()).text).toBe('ok')
    },
  )

  it('that break under a request that must not be repeated fail it', async () => {
    expectFailure(await (await reuse('POST')).response(), 502)
    expect(origin.connections.length).toBe(1)
  })

  it('a request is repeated once only', async () => {
    const sender = await reuse('GET')
    const connection = await origin.connection(2)
    await connection.until(END_OF_HEAD)
    connection.socket.resetAndDestroy()
    expectFailure(await sender.response(), 502)
    expect(origin.connections.length).toBe(2)
  })
})

describe('an untrusted target', () => {
  it.each(['127.0.0.1', 'localhost'])('must not be %s', async (host) => {
    await useFront([targetAt(origin.port, { host, untrusted: true }), targetAt(origin.port)])
    expectFailure(await get(front.port, '/'), 502)
    expect(await front.outcome()).toMatchObject({ error: { code: 'ORIGIN_DENIED' } })
    expect(origin.connections.length).toBe(0)
  })

  it('does not use a connection that a trusted one has opened', async () => {
    const targets = [targetAt(origin.port, { host: 'localhost' })]
    await useFront(targets)
    const sender = await sendRequest()
    const connection = await origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await sender.response()
    targets[0] = targetAt(origin.port, { host: 'localhost', untrusted: true })
    sender.send(requestBytes('/'))
    expectFailure(await sender.response(), 502)
  })
})

describe('a TLS target', () => {
  let tlsOrigin: TlsServer
  let serverNames: (string | false | undefined)[]
  let port: number

  beforeEach(async () => {
    serverNames = []
    tlsOrigin = createTlsServer(SELF_SIGNED, (request, response) => {
      serverNames.push((request.socket as { servername?: string | false }).servername)
      response.end(`secure ${request.headers.host}`)
    })
    tlsOrigin.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => tlsOrigin.listen(0, '127.0.0.1', resolve))
    port = (tlsOrigin.address() as AddressInfo).port
  })
  afterEach(async () => {
    tlsOrigin.closeAllConnections()
    await new Promise((resolve) => tlsOrigin.close(resolve))
  })

  it('is asked under the name of the request', async () => {
    await useFront([targetAt(port, { tls: true, insecure: true })], { job: { authority: 'name.test:8443' } })
    expect((await get(front.port, '/')).text).toBe('secure name.test:8443')
    expect(serverNames).toEqual(['name.test'])
  })

  it('is asked under its own name with trust_connect_host', async () => {
    await useFront([targetAt(port, { host: 'localhost', tls: true, insecure: true, trustConnectHost: true })])
    expect((await get(front.port, '/')).text).toBe('secure origin.test')
    expect(serverNames).toEqual(['localhost'])
  })

  it('is given no name where the request has an address', async () => {
    await useFront([targetAt(port, { tls: true, insecure: true })], { job: { authority: '10.1.2.3' } })
    expect((await get(front.port, '/')).text).toBe('secure 10.1.2.3')
    expect(serverNames).toEqual([false])
  })

  it('with a certificate that nobody vouches for is not reached, and the next target is asked', async () => {
    await useFront([targetAt(port, { tls: true })])
    expectFailure(await get(front.port, '/'), 502)
    expect(await front.outcome()).toMatchObject({ error: { code: 'ORIGIN_UNREACHABLE' } })
    await useFront([targetAt(port, { tls: true }), targetAt(port, { tls: true, insecure: true })])
    expect((await get(front.port, '/', { method: 'POST', body: 'x' })).text).toBe('secure origin.test')
  })
})

describe('large bodies', () => {
  const SIZE = 32 * 1024 * 1024
  let scripted: ScriptedOrigin

  beforeEach(async () => {
    scripted = await startOrigin()
    await useFront([targetAt(scripted.port)])
  })
  afterEach(() => scripted.stop())

  it('an answer waits at the origin while the client does not read, and arrives whole when it does', async () => {
    let accepted = 0
    const path = scripted.script((_request, response) => {
      response.writeHead(200, { 'Content-Length': SIZE })
      const chunk = Buffer.alloc(64 * 1024)
      const write = (): void => {
        while (accepted < SIZE) {
          accepted += chunk.length
          if (!response.write(chunk)) {
            response.once('drain', write)
            return
          }
        }
        response.end()
      }
      write()
    })
    const sender = await client()
    sender.socket.pause()
    sender.send(requestBytes(path))
    let last = -1
    await eventually('the origin to stand still', async () => {
      const stands = accepted > 0 && accepted === last
      last = accepted
      await passTime(100)
      return stands
    })
    expect(accepted).toBeLessThan(SIZE)
    sender.socket.resume()
    expect((await sender.response('GET', 14_000)).body.length).toBe(SIZE)
  })

  it('a request body arrives whole', async () => {
    const path = scripted.answer({ body: 'thanks' })
    const body = Buffer.alloc(SIZE / 4, 'abcdefg')
    expect((await get(front.port, path, { method: 'POST', body })).text).toBe('thanks')
    expect((await scripted.request(path)).body.equals(body)).toBe(true)
  })
})
