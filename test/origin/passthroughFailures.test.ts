import { describe, expect, it } from 'vitest'
import { get, getOutcome, requestBytes } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { passTime } from '../support/waiting.ts'
import { END_OF_HEAD, expectFailure, usePassthrough } from './passthroughBench.ts'
import { startRawOrigin, targetAt } from './passthroughFront.ts'

const bench = usePassthrough()

describe('a client that leaves', () => {
  it('while the origin thinks ends the request to the origin', async () => {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    sender.destroy()
    await connection.closed()
    expect(await bench.front.outcome()).toEqual({ target: `127.0.0.1:${bench.origin.port}`, bodyBytes: 0 })
  })

  it('after a whole body ends the request to the origin', async () => {
    const sender = await bench.sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await bench.origin.connection()
    await connection.until('hello')
    sender.destroy()
    await connection.closed()
  })

  it('after a whole body, in the middle of the answer, ends the request to the origin', async () => {
    const sender = await bench.sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await bench.origin.connection()
    await connection.until('hello')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome')
    await sender.until('some')
    sender.destroy()
    await connection.closed()
  })

  it('in the middle of its body ends the request to the origin', async () => {
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome')
    const connection = await bench.origin.connection()
    await connection.until('some')
    sender.destroy()
    await connection.closed()
    expect((await bench.front.outcome()).error).toBeUndefined()
  })

  it('in the middle of the answer ends the request to the origin', async () => {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome')
    await sender.until('some')
    sender.destroy()
    await connection.closed()
    expect(await bench.front.outcome()).toEqual({
      status: 200,
      target: `127.0.0.1:${bench.origin.port}`,
      bodyBytes: 4,
    })
  })
})

describe('an origin that dies in mid-body', () => {
  it.each([
    ['of known length', 'Content-Length: 100\r\n\r\nsome'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ])('breaks the transfer of a body %s', async (_what, rest) => {
    const outcome = getOutcome(bench.front.port, '/')
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.socket.end(`HTTP/1.1 200 OK\r\n${rest}`)
    const response = await outcome
    expect(response.text).toBe('some')
    expect(response.complete).toBe(false)
    expect(await bench.front.outcome()).toMatchObject({ status: 200, error: { code: 'ORIGIN_BROKEN' } })
  })

  it.each(['1.0', '1.1'] as const)(
    'with a reset breaks an HTTP/%s transfer without other end',
    async (version) => {
      const sender = await bench.sendRequest('/', { version })
      const connection = await bench.origin.connection()
      await connection.until(END_OF_HEAD)
      connection.send('HTTP/1.1 200 OK\r\n\r\nsome')
      const before = await sender.until('some')
      connection.socket.resetAndDestroy()
      await sender.closed()
      const after = await sender.until(() => true)
      if (version === '1.1') expect(before + after).not.toContain('0\r\n\r\n')
      else expect(sender.socket.errored).toMatchObject({ code: 'ECONNRESET' })
      expect(await bench.front.outcome()).toMatchObject({ status: 200, error: { code: 'ORIGIN_BROKEN' } })
    },
  )
})

describe('several targets', () => {
  it.each([undefined, 'the whole body'])('the next one is asked when one refuses; body %j', async (body) => {
    await bench.useFront([
      targetAt(await freePort()),
      targetAt(await freePort()),
      targetAt(bench.origin.port),
    ])
    const sender = await bench.sendRequest('/', { method: 'POST', ...(body === undefined ? {} : { body }) })
    const connection = await bench.origin.connection()
    await connection.until(body ?? END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
    expect((await bench.front.outcome()).target).toBe(`127.0.0.1:${bench.origin.port}`)
  })

  it('the client is told when all refuse', async () => {
    const ports = [await freePort(), await freePort()]
    await bench.useFront(ports.map((port) => targetAt(port)))
    const sender = await bench.sendRequest()
    expectFailure(await sender.response(), 502)
    const outcome = await bench.front.outcome()
    expect(outcome).toMatchObject({
      status: 502,
      bodyBytes: 32,
      target: `127.0.0.1:${ports[1]}`,
      error: { code: 'ORIGIN_UNREACHABLE' },
    })
    expect(bench.front.outcomes.length).toBe(1)
    sender.send(requestBytes('/again'))
    expectFailure(await sender.response(), 502)
  })

  it('the client is told when there is none', async () => {
    await bench.useFront([])
    expectFailure(await get(bench.front.port, '/'), 502)
  })

  it('the next one is not asked when one has taken the request and broken off', async () => {
    const second = await startRawOrigin()
    await bench.useFront([targetAt(bench.origin.port), targetAt(second.port)])
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.destroy()
    expectFailure(await sender.response(), 502)
    expect(second.connections.length).toBe(0)
    await second.stop()
  })

  it('the next one is not asked when one answers with an error', async () => {
    const second = await startRawOrigin()
    await bench.useFront([targetAt(bench.origin.port), targetAt(second.port)])
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
    expect((await sender.response()).status).toBe(503)
    expect(second.connections.length).toBe(0)
    await second.stop()
  })
})

describe('a silent origin', () => {
  it('gets as long as configured; then the client is told', async () => {
    await bench.useFront([targetAt(bench.origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    expectFailure(await sender.response(), 504)
    expect(await bench.front.outcome()).toMatchObject({ status: 504, error: { code: 'ORIGIN_TIMEOUT' } })
    await connection.closed()
  })

  it('is not blamed for a client that pauses in its body', async () => {
    await bench.useFront([targetAt(bench.origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await bench.client()
    sender.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello')
    const connection = await bench.origin.connection()
    await connection.until('hello')
    await passTime(300)
    sender.send('world')
    await connection.until('world')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
  })

  it('may be silent inside a body', async () => {
    await bench.useFront([targetAt(bench.origin.port)], { originTimeoutSeconds: 0.1 })
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')
    await passTime(300)
    connection.send('ok')
    expect((await sender.response()).text).toBe('ok')
  })

  it('that never completes TLS counts as not reached', async () => {
    const second = await startRawOrigin()
    await bench.useFront([targetAt(bench.origin.port, { tls: true }), targetAt(second.port)], {
      originTimeoutSeconds: 0.2,
    })
    const sender = await bench.sendRequest('/', { method: 'POST', body: 'hello' })
    const connection = await second.connection()
    await connection.until('hello')
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    expect((await sender.response()).text).toBe('ok')
    await (await bench.origin.connection()).closed()
    await second.stop()
  })
})
