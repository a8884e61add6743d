import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HttpExchange } from '../../src/accept/httpExchange.ts'
import { readRequestHead } from '../../src/accept/requestHead.ts'
import { answer, get, startListener } from '../accept/support.ts'
import { eventually } from '../support/waiting.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '/',
    '*',
    '/x?y',
    'http://h/',
    'http://',
    'h',
    'h:80',
    '[::1]:80',
    'chunked',
    '0',
    '12',
    '100-continue',
  ),
)
const name = fc.oneof(
  { weight: 1, arbitrary: text },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'Host',
      'host',
      'Content-Length',
      'Transfer-Encoding',
      'Expect',
      'Connection',
      'X',
    ),
  },
)

test('a head of any texts is read or refused with a reason, and never throws', () => {
  let taken = 0
  fc.assert(
    fc.property(
      fc.record({
        method: fc.oneof(fc.constantFrom('GET', 'OPTIONS', 'POST'), text),
        url: fc.oneof(fc.constantFrom('/', '/x', 'http://h/x'), text),
        rawHeaders: fc
          .tuple(fc.constantFrom([], ['Host', 'h']), fc.array(fc.tuple(name, text), { maxLength: 3 }))
          .map(([host, pairs]) => [...host, ...pairs.flat()]),
        httpVersionMajor: fc.constantFrom(0, 1, 1, 1, 1, 2),
        httpVersionMinor: fc.constantFrom(0, 1),
      }),
      (raw) => {
        const head = readRequestHead(raw as unknown as IncomingMessage, { maxHeaderBytes: 300 })
        if ('status' in head) {
          expect(head.reason).toMatch(
            /^(Failed to parse request: [a-zA-Z ]+|Request header size exceeded .*)$/,
          )
          return
        }
        taken++
        expect(head.target === '*' || head.target.startsWith('/')).toBe(true)
        expect(head.authority).toMatch(/^[^\s/@,?#]+$/)
        expect(Number.isSafeInteger(head.bodyLength ?? 0)).toBe(true)
      },
    ),
    { numRuns: 3_000 },
  )
  expect(taken).toBeGreaterThan(100)
})

/** Pieces that mean something to HTTP, so that much of it is taken. */
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(get('/answer'), get('/hold'), get('/wait'), get('/abort'), get('/stream')),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'POST /answer HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde',
      'POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'POST /hold HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
      get('/answer', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
      get('/answer', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'),
      'GET /answer HTTP/1.0\r\n\r\n',
      'HEAD /hold HTTP/1.1\r\nHost: h\r\n\r\n',
      get('/answer', 'Connection: close\r\n'),
      'GET http://x HTTP/1.1\r\nHost: a b\r\n\r\n',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\r\n',
      'GET ',
      ' HTTP/1.1\r\n',
      'Host: h\r\n',
      '\0',
      '0\r\n\r\n',
      'PRI * HTTP/2.0',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
)

const script = fc.record({
  bytes: fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join('')),
  /** Where the bytes are cut into writes. */
  cuts: fc.array(fc.nat(400), { maxLength: 3 }),
  leave: fc.constantFrom('end', 'destroy', 'resetAndDestroy'),
  leavesEarly: fc.boolean(),
})

/** Does something of everything that a proxy may do with a request. */
function take(exchange: HttpExchange): void {
  const act = (): void => {
    switch (exchange.target) {
      case '/answer':
        answer(exchange, 'x')
        break
      case '/hold': {
        const stream = exchange.holdStream({ status: 200, reason: 'OK', headers: [] }, Buffer.from('x'))
        setImmediate(() => stream.write(Buffer.from('1\r\ny\r\n')))
        setImmediate(() => setImmediate(() => stream.end()))
        break
      }
      case '/wait':
        setTimeout(answer, 20, exchange, 'late')
        break
      case '/abort':
        exchange.abort()
        break
      case '/stream':
        exchange.head({ status: 200, reason: 'OK', headers: [] })
        exchange.write(Buffer.alloc(100_000))
        setImmediate(() => exchange.end())
    }
  }
  exchange.body?.on('error', () => {}).resume()
  if (exchange.target === '/answer' && exchange.httpVersion === '1.0') act()
  else setImmediate(act)
}

const SWITCHING = { status: 101, reason: 'Switching Protocols', headers: [] }

test('a listener outlives whatever bytes it is sent, by clients that leave at any moment', async () => {
  const listener = await startListener(take, { headerTimeoutMs: 1000, keepAliveTimeoutMs: 100 })
  await fc.assert(
    fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 5 }), async (scripts) => {
      await Promise.all(scripts.map((one) => play(one, listener.port)))
      for (const { handshake } of listener.handshakes.splice(0)) handshake.accept(SWITCHING).destroy()
      const client = await listener.client()
      client.send(get('/answer'))
      expect((await client.response()).text).toBe('x')
      client.destroy()
    }),
    { numRuns: 100 },
  )
  // A hundred are those sent after each run.
  expect(listener.begun.length).toBeGreaterThan(150)
  await eventually('no connection is left', () => listener.connectionCount() === 0)
}, 60_000)

/** Sends the bytes and leaves, at once or when the server has said something. */
function play(
  { bytes, cuts, leave, leavesEarly }: typeof script extends fc.Arbitrary<infer T> ? T : never,
  port: number,
) {
  return new Promise<void>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let position = 0
    for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
      if (cut > position) socket.write(bytes.slice(position, cut), 'latin1')
      position = Math.max(position, cut)
    }
    const go = (): void => void socket[leave]()
    if (leavesEarly) socket.once('connect', () => setImmediate(go))
    else socket.once('data', go)
    const timer = setTimeout(() => socket.destroy(), 50)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
