import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../support/rawClient.ts'
import { type Running, startTarget } from '../support/target.ts'
import { RecordingOrigin } from './support/recordingOrigin.ts'

/** Requests that go out at the same time, each on a connection of its own. */
const BATCH = 100

/** Requests an area; HOLDFAST_FUZZ_HEADS makes it longer. */
const HEADS = Number(process.env['HOLDFAST_FUZZ_HEADS'] ?? 10_000)

/** Ends a connection behind whatever was sent; it may be taken for a part of that. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: next.test\r\nConnection: close\r\n\r\n'

/** After this the client leaves: its request says that more of it comes. */
const PATIENCE_MS = 40

/** Bytes that parsers have been wrong about. */
const sharp = fc.constantFrom(
  ...[
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '/',
    '#',
    '@',
    '\x0b',
    '\x7f',
    '\x80',
    '\xff',
    '0',
    '-',
    '+',
  ],
)

const noise = fc.oneof(
  sharp,
  fc.string({ unit: 'binary', maxLength: 3 }).map((text) => text.replace(/[^\0-\xff]/g, '?')),
)

/** A text with a few bytes put in, put in the place of others, or taken out. */
function mutated(seed: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(10_000), fc.nat(2), noise)
  return fc.tuple(seed, fc.array(change, { maxLength: 4 })).map(([text, changes]) => {
    let result = text
    for (const [place, removed, added] of changes) {
      const at = place % (result.length + 1)
      result = result.slice(0, at) + added + result.slice(at + removed)
    }
    return result
  })
}

const CHUNKS = '3\r\nabc\r\n0\r\n\r\n'
const line = fc.constantFrom(
  'GET /x HTTP/1.1\r\n',
  'POST /x?y=z HTTP/1.1\r\n',
  'GET http://a.test/x HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'HEAD /x HTTP/1.0\r\n',
)
const field = fc.constantFrom(
  'X: y\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: keep-alive\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'Host: b.test\r\n',
  'Upgrade: websocket\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
  'Trailer: X\r\n',
)
const fields = fc.array(field, { maxLength: 4 }).map((lines) => `Host: h.test\r\n${lines.join('')}\r\n`)
const chunk = fc.constantFrom(
  '3\r\nabc\r\n',
  '1;a=b\r\nx\r\n',
  'A\r\n0123456789\r\n',
  '0\r\n\r\n',
  'X: y\r\n',
  '\r\n',
)

const areas: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['request lines', mutated(line).map((text) => `${text}Host: h.test\r\n\r\n`)],
  ['heads', fc.tuple(line, mutated(fields)).map((parts) => parts.join(''))],
  [
    'bodies by length',
    mutated(fc.constant('Content-Length: 3\r\n\r\nabc')).map(
      (text) => `POST /x HTTP/1.1\r\nHost: h.test\r\n${text}`,
    ),
  ],
  [
    'bodies in chunks',
    mutated(fc.array(chunk, { maxLength: 4 }).map((chunks) => chunks.join('') + CHUNKS)).map(
      (text) => `POST /x HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n${text}`,
    ),
  ],
]

describe('requests with bytes changed at random', () => {
  let server: Running
  let origin: RecordingOrigin

  beforeAll(async () => {
    origin = await RecordingOrigin.start()
    server = await startTarget({ routes: [`* 127.0.0.1:${origin.port}`] })
  })

  afterAll(async () => {
    await server?.stop()
    await origin?.stop()
  })

  /** Sends one; answers how many 200s came, and whether the server ended the connection. */
  async function send(
    request: string,
    patienceMs = PATIENCE_MS,
  ): Promise<{ answers: number; isOver: boolean }> {
    const client = await connect(server.port)
    client.send(Buffer.from(request + NEXT, 'latin1'))
    const isOver = await client.closed(patienceMs).then(
      () => true,
      () => false,
    )
    const text = await client.until(() => true)
    client.destroy()
    return { answers: text.split(/HTTP\/1\.1 20[04] /).length - 1, isOver }
  }

  test.each(areas)(
    'reach the origin as what they were taken for: %s',
    { timeout: 3_600_000 },
    async (_, request) => {
      const batch = fc.array(request, { minLength: BATCH, maxLength: BATCH })
      let sent = 0
      let arrived = 0
      const property = fc.asyncProperty(batch, async (requests) => {
        const outcomes = await Promise.all(requests.map((request) => send(request)))
        const seen = origin.take()
        expect(seen.faults).toEqual([])
        const answers = outcomes.reduce((sum, outcome) => sum + outcome.answers, 0)
        const own = requests.filter((text) => text.includes('OPTIONS *')).length
        if (outcomes.every(({ isOver }) => isOver))
          expect(answers).toBeLessThanOrEqual(seen.requests.length + own)
        // One of its own and the one behind it: nothing else that was sent looks like a request. On a busy machine some arrive
        // after their clients have left, and count with a later batch.
        sent += 2 * BATCH
        arrived += seen.requests.length
        expect(arrived).toBeLessThanOrEqual(sent)
      })
      // Batches are not made smaller after a failure: that is thousands of them, each of which waits for its clients.
      await fc.assert(property, {
        numRuns: Math.ceil(HEADS / BATCH),
        interruptAfterTimeLimit: 3_000_000,
        endOnFailure: true,
      })
    },
  )

  test('leave a server behind that serves', async () => {
    expect(await send('GET /x HTTP/1.1\r\nHost: h.test\r\n\r\n', 10_000)).toEqual({
      answers: 2,
      isOver: true,
    })
    expect(server.logs()).not.toMatch(/uncaught|TypeError|ERR_/)
  })
})
