import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loopbackTurn } from '../support/loopback.ts'
import { eventually } from '../support/waiting.ts'
import { ask, askRaw, createOrigin, startOrigin } from './httpOriginSupport.ts'
import { targetAt, targetBehind } from './passthroughFront.ts'
import { SELF_SIGNED } from './selfSigned.ts'

describe('a request', () => {
  it('is written with its Host first and its fields as they are', async () => {
    const { port, received } = await startOrigin((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    )
    await ask(createOrigin(), targetAt(port), {
      path: '/a%20b?c',
      headers: ['x-B', 'ä', 'X-a', '2', 'x-b', '3'],
    }).ended()
    expect(received.text.toLowerCase()).toContain('connection: keep-alive')
    expect(received.text.replace(/connection: keep-alive\r\n/i, '')).toBe(
      'GET /a%20b?c HTTP/1.1\r\nhost: local.test\r\nx-B: ä\r\nX-a: 2\r\nx-b: 3\r\n\r\n',
    )
  })

  it.each([
    ['whole', Buffer.from('body'), 4, 'Content-Length: 4'],
    [
      'streamed, of known length',
      Readable.from([Buffer.from('bo'), Buffer.from('dy')]),
      4,
      'Content-Length: 4',
    ],
    [
      'streamed, of unknown length',
      Readable.from([Buffer.from('bo'), Buffer.from('dy')]),
      undefined,
      'transfer-encoding: chunked',
    ],
  ])('with a body %s is framed for it', async (_, body, bodyLength, framing) => {
    const { port, received } = await startOrigin(() => {})
    ask(createOrigin(), targetAt(port), { method: 'POST', body, bodyLength })
    await eventually('the body', () => /dy(\r\n0\r\n\r\n)?$/.test(received.text))
    expect(received.text.toLowerCase()).toContain(`\r\n${framing.toLowerCase()}\r\n`)
    expect(received.text.match(/content-length|transfer-encoding/gi)?.length).toBe(1)
  })

  it('uses a connection again, and another one while that is busy', async () => {
    const { port, connections } = await startOrigin((socket, head) => {
      if (!head.includes('/slow')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const origin = createOrigin()
    for (let i = 0; i < 3; i++) {
      await ask(origin, targetAt(port)).ended()
      // The connection is free when its reader has returned.
      await new Promise(setImmediate)
    }
    expect(connections()).toBe(1)
    ask(origin, targetAt(port), { path: '/slow' })
    await ask(origin, targetAt(port)).ended()
    expect(connections()).toBe(2)
  })
})

describe('an answer', () => {
  it('is told in order, its fields as they stood on the wire', async () => {
    const sink = await askRaw(
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Made It\r\nX-b: 1\r\nx-A:  \xe4\r\nX-b: 2\r\nContent-Length: 3\r\n\r\nabc',
    )
    expect(sink.calls).toEqual(['informational', 'head', 'data', 'end'])
    expect(sink.head).toEqual({
      status: 201,
      reason: 'Made It',
      headers: ['X-b', '1', 'x-A', '\xe4', 'X-b', '2', 'Content-Length', '3'],
    })
    expect(sink.body).toBe('abc')
  })

  it.each([
    ['of its own', 'Very Good', /^Very Good$/],
    ['that is empty', '', /^$/],
    ['in UTF-8', 'Gr\xc3\xb6\xc3\x9fe \xe2\x82\xac', /./],
    ['in Latin-1', 'Gr\xf6\xdfe', /./],
    ['with control characters', 'O\x01K\x7f', /./],
    ['with characters that end like a line break', '\xe4\xbc\x8a', /./],
  ])('with a reason %s has one that can be sent on', async (_, reason, expected) => {
    const { head } = await askRaw(`HTTP/1.1 201 ${reason}\r\nContent-Length: 0\r\n\r\n`)
    expect(head?.reason).toMatch(expected)
    expect(head?.reason).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
  })

  it.each([
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n',
      {},
    ],
    ['ended by the connection', 'HTTP/1.1 200 OK\r\n\r\nabc', { closes: 'end' as const }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nabc', { closes: 'end' as const }],
  ])('%s is complete', async (_, bytes, options) => {
    const sink = await askRaw(bytes, options)
    expect([sink.body, sink.calls.at(-1)]).toEqual(['abc', 'end'])
  })

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'GET'],
  ])('to %s has no body', async (_, bytes, method) => {
    const sink = await askRaw(bytes, { method })
    expect(sink.calls).toEqual(['head', 'end'])
  })

  it('is not read while its taker is full, and goes on where it stopped', async () => {
    const total = 20_000_000
    const { port } = await startOrigin((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`)
      socket.write(Buffer.alloc(total, 'x'))
    })
    const { sink, exchange, ended } = ask(createOrigin(), targetAt(port))
    sink.goesOn = false
    await eventually('the first part', () => sink.body.length > 0)
    await loopbackTurn()
    expect(sink.body.length).toBeLessThan(200_000)
    exchange.resume()
    await eventually('the next part', () => sink.calls.filter((call) => call === 'data').length > 1)
    sink.goesOn = true
    exchange.resume()
    await ended()
    expect(sink.body.length).toBe(total)
    exchange.resume()
  })
})

describe('a TLS target', () => {
  /** Of the origin that was started last. */
  let connections = 0

  async function startTlsOrigin(socketPath?: string): Promise<number> {
    connections = 0
    const server = createServer(
      { ...SELF_SIGNED, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const socket = request.socket as TLSSocket
        response.end(
          `${socket.servername || 'no name'}, ${socket.getPeerCertificate().subject?.CN ?? 'no certificate'}`,
        )
      },
    )
    server.on('secureConnection', () => connections++)
    await new Promise<void>((resolve) => {
      if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
      else server.listen(socketPath, resolve)
    })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return (server.address() as AddressInfo).port
  }

  it('is shown our certificate, and the name that the client asked for', async () => {
    const target = targetAt(await startTlsOrigin(), {
      ...{ tls: true, insecure: true },
      ...{ clientCert: SELF_SIGNED.cert, clientKey: SELF_SIGNED.key },
    })
    const { body } = await ask(createOrigin(), target, { authority: 'asked.test:8443' }).ended()
    expect(body).toBe('asked.test, origin.test')
  })

  it('is shown none where the target has none', async () => {
    const target = targetAt(await startTlsOrigin(), { tls: true, insecure: true })
    expect((await ask(createOrigin(), target, { authority: '127.0.0.1' }).ended()).body).toBe(
      'no name, no certificate',
    )
  })

  it('is asked by the name of the target with trust_connect_host, on the same connections for all names of clients', async () => {
    const port = await startTlsOrigin()
    const target = targetAt(port, { host: 'localhost', tls: true, insecure: true, trustConnectHost: true })
    const origin = createOrigin()
    for (const authority of ['one.test', 'two.test', '127.0.0.1', 'one.test', 'two.test', '127.0.0.1']) {
      expect((await ask(origin, target, { authority }).ended()).body).toBe('localhost, no certificate')
    }
    // The first may still be busy with the end of its answer when the second request comes.
    expect(connections).toBeLessThanOrEqual(2)
  })

  it('behind a unix socket is asked by the name that the client asked for', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tls-')), 'app.sock')
    await startTlsOrigin(path)
    const target = targetBehind(path, { tls: true, insecure: true })
    const { body } = await ask(createOrigin(), target, { authority: 'asked.test' }).ended()
    expect(body).toBe('asked.test, no certificate')
  })

  it('whose certificate nobody vouches for is not asked', async () => {
    const target = targetAt(await startTlsOrigin(), { tls: true })
    const { calls, error } = await ask(createOrigin(), target, { authority: 'origin.test' }).ended()
    expect([calls, error?.code]).toEqual([['error'], 'ORIGIN_UNREACHABLE'])
  })
})
