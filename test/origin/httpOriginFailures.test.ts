import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { HttpOrigin } from '../../src/origin/httpOrigin.ts'
import { freePort } from '../support/freePort.ts'
import { loopbackTurn } from '../support/loopback.ts'
import { eventually } from '../support/waiting.ts'
import { ask, askRaw, createOrigin, startOrigin } from './httpOriginSupport.ts'
import { targetAt } from './passthroughFront.ts'

describe('an exchange that fails', () => {
  it('for want of a listener was not sent', async () => {
    const { calls, error } = await ask(createOrigin(), targetAt(await freePort())).ended()
    expect([calls, error?.code]).toEqual([['error'], 'ORIGIN_UNREACHABLE'])
    expect(error?.message).toMatch(/^origin 127.0.0.1:\d+: connect ECONNREFUSED/)
  })

  it('for want of an address was not sent', async () => {
    const { error } = await ask(createOrigin(), targetAt(80, { host: 'nowhere.invalid' })).ended()
    expect(error?.code).toBe('ORIGIN_UNREACHABLE')
  })

  it.each([
    ['a host that cannot be', { host: '256.256.256.256' }],
    ['a host with a zone', { host: 'fe80::1%lo' }],
    ['a host that is no name', { host: '%zz' }],
    ['an untrusted host that cannot be', { host: '256.1.1.1', untrusted: true }],
    ['a certificate that is none', { tls: true, clientCert: 'x', clientKey: 'y' }],
  ])('because of %s was not sent, and nothing is thrown', async (_, target) => {
    const { calls, error } = await ask(createOrigin(), targetAt(80, target)).ended()
    expect([calls, error?.code]).toEqual([['error'], 'ORIGIN_UNREACHABLE'])
  })

  it.each([
    ['no answer but the end', '', 'end', ['error']],
    ['no answer but a reset', '', 'reset', ['error']],
    ['something else than HTTP', 'SSH-2.0-x\r\n', undefined, ['error']],
    ['half a head', 'HTTP/1.1 200 OK\r\nX-A', 'end', ['error']],
    ['a head that is too large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, undefined, ['error']],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      undefined,
      ['error'],
    ],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'end', ['head', 'data', 'error']],
    [
      'a bad chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n',
      undefined,
      ['head', 'data', 'error'],
    ],
    [
      'a missing last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      'end',
      ['head', 'data', 'error'],
    ],
    ['a reset in a body without length', 'HTTP/1.1 200 OK\r\n\r\nhalf', 'reset', ['head', 'data', 'error']],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      undefined,
      ['error'],
    ],
  ] as const)('with %s is broken', async (_, bytes, closes, calls) => {
    const sink = await askRaw(bytes, closes === undefined ? {} : { closes })
    expect([sink.calls, sink.error?.code]).toEqual([calls, 'ORIGIN_BROKEN'])
  })

  it('by its silence is timed out', async () => {
    const { port } = await startOrigin(() => {})
    const { error } = await ask(createOrigin(100), targetAt(port)).ended()
    expect(error?.code).toBe('ORIGIN_TIMEOUT')
  })

  it('because the client broke its body off is broken, and the origin sees that', async () => {
    let isClosed = false
    const { port, received } = await startOrigin((socket) => {
      socket.on('close', () => {
        isClosed = true
      })
    })
    const body = new Readable({ read: () => {} })
    body.on('error', () => {})
    body.push('half')
    const { ended } = ask(createOrigin(), targetAt(port), { method: 'POST', body, bodyLength: 100 })
    await eventually('half of the body', () => received.text.endsWith('half'))
    body.destroy(new Error('the client left'))
    const { error } = await ended()
    expect(error?.code).toBe('ORIGIN_BROKEN')
    await eventually('the connection is closed', () => isClosed)
  })

  it('on a connection that was used before does not spoil the next one', async () => {
    const { port } = await startOrigin((socket, _, n) => {
      if (n === 1) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const origin = createOrigin()
    const codes: unknown[] = []
    for (let i = 0; i < 3; i++) codes.push((await ask(origin, targetAt(port)).ended()).error?.code)
    expect(codes).toEqual([undefined, 'ORIGIN_BROKEN', undefined])
  })

  it.each([
    ['GET', { method: 'GET' }],
    ['POST that may be sent twice', { method: 'POST', body: Buffer.from('\r\n\r\n'), mayRepeat: true }],
  ])('on a connection that was used before costs a %s nothing', async (_, more) => {
    const heads: string[] = []
    const { port } = await startOrigin((socket, head, n) => {
      heads.push(head)
      if (n === 1) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const origin = createOrigin()
    const codes: unknown[] = []
    for (let i = 0; i < 2; i++) {
      codes.push((await ask(origin, targetAt(port), more).ended()).error?.code)
      // The pool takes its connection back in a later turn.
      await loopbackTurn()
    }
    expect(codes).toEqual([undefined, undefined])
    expect(heads).toHaveLength(3)
  })

  it('on a connection of its own is not repeated, even for a request that may be', async () => {
    const { port } = await startOrigin((socket) => socket.destroy())
    const more = { method: 'POST', body: Buffer.from('once\r\n\r\n'), mayRepeat: true }
    expect((await ask(createOrigin(), targetAt(port), more).ended()).error?.code).toBe('ORIGIN_BROKEN')
  })
})

describe('an exchange that is given up', () => {
  it.each([
    ['before it is connected', 0],
    ['before the answer', 1],
    ['within the answer', 2],
  ])('%s tells nothing more, and its connection is closed', async (_, stage) => {
    let open = 0
    const { port } = await startOrigin((socket) => {
      open++
      socket.on('close', () => open--)
      if (stage === 2) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    })
    const { sink, exchange } = ask(createOrigin(), targetAt(port))
    if (stage > 0) await eventually('the request', () => open === 1)
    if (stage === 2) await eventually('the answer', () => sink.body === 'half')
    const calls = sink.calls.length
    exchange.abort()
    exchange.abort()
    exchange.resume()
    await eventually('the connection is closed', () => open === 0)
    await loopbackTurn()
    expect(sink.calls.length).toBe(calls)
  })

  it('by a handshake that takes longer than the answer may is told so', async () => {
    const silent = await startOrigin(() => {})
    const { ended } = ask(createOrigin(200), targetAt(silent.port, { tls: true }))
    const { error } = await ended()
    expect(error).toMatchObject({ code: 'ORIGIN_UNREACHABLE' })
  })

  it('by the end of everything is told so', async () => {
    const { port } = await startOrigin(() => {})
    const origin = new HttpOrigin({ responseTimeoutMs: 5000 })
    const { ended } = ask(origin, targetAt(port))
    await loopbackTurn()
    await origin.close()
    expect((await ended()).calls).toEqual(['error'])
  })
})
