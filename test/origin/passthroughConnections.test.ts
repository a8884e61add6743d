import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { get, requestBytes } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import type { RawClient } from '../support/rawClient.ts'
import { eventually, passTime } from '../support/waiting.ts'
import { END_OF_HEAD, expectFailure, usePassthrough } from './passthroughBench.ts'
import { targetAt } from './passthroughFront.ts'
import { SELF_SIGNED } from './selfSigned.ts'

const bench = usePassthrough()

describe('connections to the origin', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

  it('are kept for the next request', async () => {
    const sender = await bench.client()
    for (let i = 1; i <= 3; i++) {
      sender.send(requestBytes('/', { method: 'POST', body: `body ${i}` }))
      const connection = await bench.origin.connection()
      await connection.until(`body ${i}`)
      connection.send(answer)
      expect((await sender.response()).text).toBe('ok')
    }
    expect(bench.origin.connections.length).toBe(1)
  })

  /** Leaves the front with a pooled connection that the origin breaks when it is used again. */
  async function reuse(method: string): Promise<RawClient> {
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
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
      const connection = await bench.origin.connection(2)
      expect(await connection.until(END_OF_HEAD)).toContain(`${method} /again HTTP/1.1`)
      connection.send(answer)
      expect((await sender.response()).text).toBe('ok')
    },
  )

  it('that break under a request that must not be repeated fail it', async () => {
    expectFailure(await (await reuse('POST')).response(), 502)
    expect(bench.origin.connections.length).toBe(1)
  })

  it('a request is repeated once only', async () => {
    const sender = await reuse('GET')
    const connection = await bench.origin.connection(2)
    await connection.until(END_OF_HEAD)
    connection.socket.resetAndDestroy()
    expectFailure(await sender.response(), 502)
    expect(bench.origin.connections.length).toBe(2)
  })
})

describe('an untrusted target', () => {
  it.each(['127.0.0.1', 'localhost'])('must not be %s', async (host) => {
    await bench.useFront([
      targetAt(bench.origin.port, { host, untrusted: true }),
      targetAt(bench.origin.port),
    ])
    expectFailure(await get(bench.front.port, '/'), 502)
    expect(await bench.front.outcome()).toMatchObject({ error: { code: 'ORIGIN_DENIED' } })
    expect(bench.origin.connections.length).toBe(0)
  })

  it('does not use a connection that a trusted one has opened', async () => {
    const targets = [targetAt(bench.origin.port, { host: 'localhost' })]
    await bench.useFront(targets)
    const sender = await bench.sendRequest()
    const connection = await bench.origin.connection()
    await connection.until(END_OF_HEAD)
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await sender.response()
    targets[0] = targetAt(bench.origin.port, { host: 'localhost', untrusted: true })
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
    await bench.useFront([targetAt(port, { tls: true, insecure: true })], {
      job: { authority: 'name.test:8443' },
    })
    expect((await get(bench.front.port, '/')).text).toBe('secure name.test:8443')
    expect(serverNames).toEqual(['name.test'])
  })

  it('is asked under its own name with trust_connect_host', async () => {
    await bench.useFront([
      targetAt(port, { host: 'localhost', tls: true, insecure: true, trustConnectHost: true }),
    ])
    expect((await get(bench.front.port, '/')).text).toBe('secure origin.test')
    expect(serverNames).toEqual(['localhost'])
  })

  it('is given no name where the request has an address', async () => {
    await bench.useFront([targetAt(port, { tls: true, insecure: true })], { job: { authority: '10.1.2.3' } })
    expect((await get(bench.front.port, '/')).text).toBe('secure 10.1.2.3')
    expect(serverNames).toEqual([false])
  })

  it('with a certificate that nobody vouches for is not reached, and the next target is asked', async () => {
    await bench.useFront([targetAt(port, { tls: true })])
    expectFailure(await get(bench.front.port, '/'), 502)
    expect(await bench.front.outcome()).toMatchObject({ error: { code: 'ORIGIN_UNREACHABLE' } })
    await bench.useFront([targetAt(port, { tls: true }), targetAt(port, { tls: true, insecure: true })])
    expect((await get(bench.front.port, '/', { method: 'POST', body: 'x' })).text).toBe('secure origin.test')
  })
})

describe('large bodies', () => {
  const SIZE = 32 * 1024 * 1024
  let scripted: ScriptedOrigin

  beforeEach(async () => {
    scripted = await startOrigin()
    await bench.useFront([targetAt(scripted.port)])
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
    const sender = await bench.client()
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
    expect((await get(bench.front.port, path, { method: 'POST', body })).text).toBe('thanks')
    expect((await scripted.request(path)).body.equals(body)).toBe(true)
  })
})
