import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { startTcpOrigin } from '../support/origin.ts'
import { eventually } from '../support/waiting.ts'
import { ask, createOrigin, startOrigin } from './httpOriginSupport.ts'
import { targetAt } from './passthroughFront.ts'
import { answerTogether, askPool, createHeldConnector, createNarrow, createPool, OK } from './poolSupport.ts'
import { SELF_SIGNED } from './selfSigned.ts'

describe('the only connection', () => {
  it('is free again after requests that cannot be sent', async () => {
    const { port } = await startOrigin((socket) => socket.write(OK))
    const origin = createNarrow()
    const refused = Array.from({ length: 5000 }, () => ask(origin, targetAt(port), { path: '/ä b€' }))
    const good = ask(origin, targetAt(port))
    for (const { ended } of refused) expect((await ended()).error?.code).toBe('ORIGIN_BROKEN')
    expect((await good.ended()).body).toBe('ok')
  })

  it('is not kept by, nor broken over, requests that were given up while they waited', async () => {
    const asking: Socket[] = []
    const { port, connections } = await startOrigin((socket) => asking.push(socket))
    const origin = createNarrow()
    const [first, second, third] = [1, 2, 3].map(() => ask(origin, targetAt(port)))
    await eventually('the first is asked', () => asking.length === 1)
    second!.exchange.abort()
    asking[0]!.write(OK)
    await first!.ended()
    await eventually('the third is asked', () => asking.length === 2)
    asking[1]!.write(OK)
    await third!.ended()
    expect(second!.sink.calls).toEqual([])
    expect(connections()).toBe(1)
  })

  it('is made again when the origin has closed it', async () => {
    const { port, connections } = await startOrigin((socket) => socket.end(OK))
    const origin = createNarrow()
    for (let i = 0; i < 3; i++) expect((await ask(origin, targetAt(port)).ended()).body).toBe('ok')
    expect(connections()).toBe(3)
  })

  it('is made again after a request that was given up while it was made, and while it was under way', async () => {
    const asking: Socket[] = []
    const { port } = await startOrigin((socket) => asking.push(socket))
    const origin = createNarrow()
    const [first, second, third] = [1, 2, 3].map(() => ask(origin, targetAt(port)))
    first!.exchange.abort()
    await eventually('the second is asked', () => asking.length === 1)
    second!.exchange.abort()
    await eventually('the third is asked', () => asking.length === 2)
    asking[1]!.write(OK)
    expect((await third!.ended()).body).toBe('ok')
  })

  it.each<[string, AskedWith, (socket: Socket) => void, string]>([
    ['HEAD', { method: 'HEAD' }, (socket) => socket.write(OK.slice(0, -2)), ''],
    ['an answer after a 103', {}, (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`), 'ok'],
    [
      'an answer to half of an upload',
      { method: 'POST', body: beginning },
      (socket) => socket.write(OK),
      'ok',
    ],
    ['an answer without length', {}, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nok'), 'ok'],
    ['half of an answer', {}, (socket) => socket.end(OK.slice(0, -1)), 'ORIGIN_BROKEN'],
    ['no answer', {}, () => {}, 'ORIGIN_TIMEOUT'],
  ])('answers the next request after %s', async (_what, { body, ...more }, answer, outcome) => {
    const { port } = await startOrigin((socket, head) => {
      if (head.includes('/next')) socket.write(OK)
      else answer(socket)
    })
    const origin = createNarrow(1000)
    const first = ask(origin, targetAt(port), { ...more, body: body?.() })
    const next = ask(origin, targetAt(port), { path: '/next' })
    const { error, body: got } = await first.ended()
    expect(error?.code ?? got).toBe(outcome)
    expect((await next.ended()).body).toBe('ok')
  })

  it.each(['HTTP/1.1 103 Early Hints\r\n\r\n', 'HTTP/1.1 20'])(
    'is not made again for a request whose answer had begun: %j',
    async (beginning) => {
      const { port, connections } = await startOrigin((socket, _head, n) => {
        if (n === 0) socket.write(OK)
        else socket.end(beginning)
      })
      const origin = createNarrow()
      await ask(origin, targetAt(port)).ended()
      expect((await ask(origin, targetAt(port)).ended()).error?.code).toBe('ORIGIN_BROKEN')
      expect(connections()).toBe(1)
    },
  )

  it('answers the next request when what takes an answer throws', async () => {
    const { port } = await startOrigin((socket) => socket.write(OK))
    const origin = createNarrow()
    const first = ask(origin, targetAt(port))
    first.sink.onHead = () => {
      throw new Error('cannot be taken')
    }
    const next = ask(origin, targetAt(port))
    expect((await first.ended()).error?.code).toBe('ORIGIN_BROKEN')
    expect((await next.ended()).body).toBe('ok')
  })

  it('may be tried again by the next request after a certificate of another name', async () => {
    const server = createTlsServer(SELF_SIGNED, (socket) => socket.on('error', () => {}))
    const { port, stop } = await startTcpOrigin((socket) => server.emit('connection', socket))
    const pool = createPool(port, { isTls: true, maxConnections: 1, connect: { ca: SELF_SIGNED.cert } })
    for (let i = 0; i < 3; i++) {
      const { error } = await askPool(pool, 'other.test').ended()
      expect([error?.code, error?.message]).toEqual([
        'ORIGIN_UNREACHABLE',
        expect.stringContaining('altnames'),
      ])
    }
    await stop()
  })

  it('that cannot be made is tried again for who came meanwhile, not for those who waited all the time', async () => {
    const { port } = await startOrigin((socket) => socket.write(OK))
    const { connect, attempts } = createHeldConnector()
    const pool = createPool(port, { connect, maxConnections: 1 })
    const [first, second, third] = [1, 2, 3].map(() => askPool(pool))
    attempts[0]!.fail('no way')
    expect((await first!.ended()).error?.code).toBe('ORIGIN_UNREACHABLE')
    const fourth = askPool(pool)
    expect(attempts.length).toBe(2)
    attempts[1]!.fail('still no way')
    for (const { ended } of [second!, third!]) {
      expect((await ended()).error?.message).toContain('still no way')
    }
    expect(attempts.length).toBe(3)
    attempts[2]!.succeed()
    expect((await fourth.ended()).body).toBe('ok')
  })
})

describe('a client that leaves while its request is under way', () => {
  it('costs the origin no connection that nobody needs', async () => {
    const sockets: Socket[] = []
    const { port, connections } = await startOrigin((socket) => sockets.push(socket))
    const origin = createOrigin()
    const left = Array.from({ length: 5 }, () => ask(origin, targetAt(port)))
    await eventually('five are asked', () => sockets.length === 5)
    for (const { exchange } of left) exchange.abort()
    await eventually('their connections end', () => sockets.every((socket) => socket.closed))
    const next = ask(origin, targetAt(port))
    await eventually('another one is asked', () => sockets.length === 6)
    sockets[5]!.write(OK)
    expect((await next.ended()).body).toBe('ok')
    expect(connections()).toBe(6)
  })
})

describe('a pool that is given up', () => {
  it('answers what is under way and what waits, and then closes its connections', async () => {
    const sockets: Socket[] = []
    const answers: (() => void)[] = []
    const { port } = await startOrigin((socket) => {
      sockets.push(socket)
      answers.push(() => socket.write(OK))
    })
    const pool = createPool(port, { maxConnections: 2 })
    const asked = Array.from({ length: 4 }, () => askPool(pool))
    await eventually('two are asked', () => answers.length === 2)
    pool.retire()
    for (const answer of answers.splice(0)) answer()
    await eventually('the others are asked', () => answers.length === 2)
    for (const answer of answers) answer()
    for (const { ended } of asked) expect((await ended()).body).toBe('ok')
    await eventually('the connections end', () => sockets.every((socket) => socket.closed))
  })
})

describe('a server that stops', () => {
  it('closes a hundred idle connections', async () => {
    const sockets: Socket[] = []
    const answer = answerTogether(100)
    const { port } = await startOrigin((socket) => {
      sockets.push(socket)
      answer(socket)
    })
    const origin = createOrigin()
    const asked = Array.from({ length: 100 }, () => ask(origin, targetAt(port)))
    for (const { ended } of asked) await ended()
    expect(sockets.some((socket) => socket.closed)).toBe(false)
    await origin.close()
    await eventually('all end', () => sockets.length === 100 && sockets.every((socket) => socket.closed))
  })

  it('fails what is under way and what waits', async () => {
    const asking: Socket[] = []
    const { port } = await startOrigin((socket) => asking.push(socket))
    const origin = createNarrow()
    const asked = [1, 2, 3].map(() => ask(origin, targetAt(port)))
    await eventually('the first is asked', () => asking.length === 1)
    await origin.close()
    const codes = asked.map(({ sink }) => sink.error?.code)
    expect(codes).toEqual(['ORIGIN_BROKEN', 'ORIGIN_UNREACHABLE', 'ORIGIN_UNREACHABLE'])
  })
})

interface AskedWith {
  readonly method?: string
  readonly body?: () => Readable
}

/** A body of which the beginning comes, and no more. */
function beginning(): Readable {
  const body = new Readable({ read() {} }).on('error', () => {})
  body.push('the beginning')
  return body
}
