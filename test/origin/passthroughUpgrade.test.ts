import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../support/freePort.ts'
import type { RawClient } from '../support/rawClient.ts'
import { END_OF_HEAD, usePassthrough } from './passthroughBench.ts'
import { targetAt } from './passthroughFront.ts'
import { SELF_SIGNED } from './selfSigned.ts'

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}`

const bench = usePassthrough()

/** Asks for an upgrade; `more` are further header lines, `firstBytes` come right behind the head. */
async function ask(more = '', firstBytes = ''): Promise<RawClient> {
  const client = await bench.client()
  client.send(`GET /socket//x?y HTTP/1.1\r\nHost: h\r\n${more}${UPGRADE}\r\n${firstBytes}`)
  return client
}

/** Joins a client and an origin connection. */
async function join(): Promise<{ client: RawClient; connection: RawClient }> {
  const client = await ask()
  const connection = await bench.origin.connection()
  await connection.until(END_OF_HEAD)
  connection.send(`${SWITCHING}\r\n`)
  await client.until(END_OF_HEAD)
  return { client, connection }
}

describe('an upgrade that the origin takes', () => {
  it('has the Host of the target that is reached', async () => {
    const dead = targetAt(await freePort(), { hostOverride: 'dead.test' })
    await bench.useFront([dead, targetAt(bench.origin.port, { hostOverride: 'own.test:81' })])
    await ask()
    expect(await (await bench.origin.connection()).until(END_OF_HEAD)).toContain('\r\nHost: own.test:81\r\n')
  })

  it('reaches it as given', async () => {
    await ask('sec-websocket-KEY: abc\r\nX-Two: 1\r\nX-Two: 2\r\n')
    const received = await (await bench.origin.connection()).until(END_OF_HEAD)
    expect(received).toBe(
      'GET /socket//x?y HTTP/1.1\r\nHost: origin.test\r\nsec-websocket-KEY: abc\r\nX-Two: 1\r\nX-Two: 2\r\n' +
        `${UPGRADE}\r\n`,
    )
  })

  it('is answered as the origin answers', async () => {
    const client = await ask()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(`${SWITCHING}sec-WebSocket-Accept: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n`)
    expect(await client.until(END_OF_HEAD)).toBe(
      `${SWITCHING}sec-WebSocket-Accept: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n`,
    )
  })

  it('passes bytes both ways, those behind the heads too', async () => {
    const client = await ask('', 'first from client')
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(`${SWITCHING}\r\nfirst from origin`)
    await connection.until('first from client')
    await client.until('first from origin')
    client.send(Buffer.from([0, 1, 2, 255]))
    expect(await connection.until('\xff')).toBe('\x00\x01\x02\xff')
    connection.send(Buffer.from([9, 0, 254]))
    expect(await client.until('\xfe')).toBe('\x09\x00\xfe')
  })

  it('ends at the origin when the client ends', async () => {
    const { client, connection } = await join()
    client.socket.end('bye')
    await connection.until('bye')
    await connection.closed()
    expect(await bench.front.outcome()).toEqual({ status: 101, target: `127.0.0.1:${bench.origin.port}` })
  })

  it('ends at the client when the origin ends, after all that the origin sent', async () => {
    const { client, connection } = await join()
    connection.socket.end('x'.repeat(1_000_000))
    await client.until((text) => text.length === 1_000_000)
    await client.closed()
    expect((await bench.front.outcome()).status).toBe(101)
  })

  it('breaks at the origin when the client breaks', async () => {
    const { client, connection } = await join()
    client.socket.resetAndDestroy()
    await connection.closed()
  })

  it('breaks at the client when the origin breaks', async () => {
    const { client, connection } = await join()
    connection.socket.resetAndDestroy()
    await client.closed()
  })
})

describe('an upgrade that the origin refuses', () => {
  it.each([
    ['of known length', 'Content-Length: 8\r\n\r\nno entry'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nno \r\n5\r\nentry\r\n0\r\n\r\n'],
  ])('is answered with its answer; body %s', async (_what, rest) => {
    const client = await ask()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send(`HTTP/1.1 403 Not Here\r\nX-a: 1\r\nX-a: 2\r\n${rest}`)
    const response = await client.response()
    expect([response.status, response.reason, response.text]).toEqual([403, 'Not Here', 'no entry'])
    expect(response.all('X-a')).toEqual(['1', '2'])
    expect(response.all('connection')).toEqual(['close'])
    await client.closed()
    expect((await bench.front.outcome()).status).toBe(403)
  })

  it('with an answer that breaks off breaks the transfer', async () => {
    const client = await ask()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.socket.end('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n')
    await client.closed()
    expect(client.socket.errored).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('an upgrade that no origin answers', () => {
  it('gets no connection in the time for an answer', async () => {
    await bench.useFront([targetAt(bench.origin.port, { tls: true })], { originTimeoutSeconds: 0.2 })
    const client = await ask()
    expect((await client.response()).status).toBe(502)
    expect(await bench.front.outcome()).toMatchObject({ error: { code: 'ORIGIN_UNREACHABLE' } })
  })

  async function expectFailure(client: RawClient, status: number): Promise<void> {
    const response = await client.response()
    expect(response.status).toBe(status)
    expect(response.header('content-type')).toBe('text/plain')
    expect(response.text).toBe('Error while proxying to origin.\n')
    await client.closed()
  }

  it('goes to the next target when one refuses connections', async () => {
    await bench.useFront([targetAt(await freePort()), targetAt(bench.origin.port)])
    await ask('', 'first')
    await (await bench.origin.connection()).until('websocket')
  })

  it('fails when all refuse', async () => {
    await bench.useFront([targetAt(await freePort()), targetAt(await freePort())])
    await expectFailure(await ask(), 502)
    expect(await bench.front.outcome()).toMatchObject({
      status: 502,
      bodyBytes: 32,
      error: { code: 'ORIGIN_UNREACHABLE' },
    })
  })

  it('fails when there is no target', async () => {
    await bench.useFront([])
    await expectFailure(await ask(), 502)
  })

  it('fails when the target is denied', async () => {
    await bench.useFront([targetAt(bench.origin.port, { untrusted: true }), targetAt(bench.origin.port)])
    await expectFailure(await ask(), 502)
    expect(await bench.front.outcome()).toMatchObject({ error: { code: 'ORIGIN_DENIED' } })
  })

  it.each(['', 'hello\r\n\r\n', 'HTTP/1.1 101 Switch'])(
    'fails when the origin sends %j and breaks off',
    async (bytes) => {
      const client = await ask()
      const connection = await bench.origin.connection()
      await connection.until(END_OF_HEAD)
      connection.socket.end(bytes)
      await expectFailure(client, 502)
      expect(await bench.front.outcome()).toMatchObject({ status: 502, error: { code: 'ORIGIN_BROKEN' } })
      expect(bench.front.outcomes.length).toBe(1)
    },
  )

  it('fails when the origin is silent', async () => {
    await bench.useFront([targetAt(bench.origin.port)], { originTimeoutSeconds: 0.1 })
    const client = await ask()
    const connection = await bench.origin.connection()
    await expectFailure(client, 504)
    await connection.closed()
    expect(await bench.front.outcome()).toMatchObject({ status: 504, error: { code: 'ORIGIN_TIMEOUT' } })
  })

  it('ends at the origin when the client leaves', async () => {
    const client = await ask()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    client.destroy()
    await connection.closed()
    expect(await bench.front.outcome()).toEqual({ target: `127.0.0.1:${bench.origin.port}` })
  })
})

describe('an upgrade to a TLS target', () => {
  it('is joined', async () => {
    const server = createTlsServer(SELF_SIGNED)
    server.on('upgrade', (request, socket) => {
      socket.end(`${SWITCHING}\r\nhello ${(request.socket as { servername?: string }).servername}`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await bench.useFront([targetAt(port, { tls: true }), targetAt(port, { tls: true, insecure: true })])
    await (await ask()).until('hello origin.test')
    await new Promise((resolve) => server.close(resolve))
  })
})
