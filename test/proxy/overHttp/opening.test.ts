import { describe, expect, it } from 'vitest'
import { TestOpening } from './support.ts'

const INTERVAL = ['Keep-Alive-Interval', '5']

describe('an opening', () => {
  it('asks with OPEN, the fields of the handshake, and those of the protocol', () => {
    const test = new TestOpening()
    expect(test.takeBodies()).toEqual(['OPEN'])
    const { method, path, authority, headers } = test.last.request
    expect([method, path, authority]).toEqual(['POST', '/chat?a=1', 'app.example'])
    expect(headers).toEqual([
      ...['Cookie', 'a=b', 'Grip-Sig', 'sig-1', 'Accept', 'application/websocket-events'],
      ...['Connection-Id', 'c-1', 'Content-Type', 'application/websocket-events'],
    ])
  })

  it('takes out of the handshake what only we may say', () => {
    const test = new TestOpening({
      headers: () => [
        ...['Accept', '*/*', 'connection-id', 'x', 'Content-Type', 'text/plain', 'Content-Length', '3'],
        ...['Content-Bytes-Replayed', '9', 'META-user', 'eve', 'Upgrade', 'websocket', 'Metadata', 'kept'],
      ],
    })
    expect(test.last.request.headers).toEqual([
      ...['Metadata', 'kept', 'Accept', 'application/websocket-events'],
      ...['Connection-Id', 'c-1', 'Content-Type', 'application/websocket-events'],
    ])
  })

  it('is accepted by OPEN; what comes with it is received', () => {
    const test = new TestOpening()
    test.answer('OPEN\r\nTEXT 2\r\nhi\r\nPING\r\n')
    expect(test.outcome).toEqual(['open 101 Switching Protocols'])
    expect(test.owner.take()).toEqual(['text hi', 'ping'])
  })

  it('keeps to itself those fields of the answer that are of this hop', () => {
    const test = new TestOpening()
    test.answer('OPEN\r\n', [
      ...['Sec-WebSocket-Extensions', 'grip', 'Set-Cookie', 'a=1', 'Content-Length', '6'],
      ...['Keep-Alive-Interval', '60', 'Set-Meta-User', 'ann', 'Content-Bytes-Accepted', '0'],
    ])
    expect(test.head?.headers).toEqual(['Sec-WebSocket-Extensions', 'grip', 'Set-Cookie', 'a=1'])
  })

  it.each(['application/websocket-events; charset=x', 'Application/WebSocket-Events'])(
    'takes any spelling of the type: %s',
    (type) => {
      const test = new TestOpening()
      test.last.answer(['Content-Type', type], 'OPEN\r\n')
      expect(test.outcome).toEqual(['open 101 Switching Protocols'])
    },
  )

  it.each([
    [401, ['Content-Type', 'application/websocket-events'], 'refused 401 no'],
    [302, ['Location', '/login'], 'refused 302 no'],
    [200, ['Content-Type', 'text/plain'], 'refused 200 no'],
    [200, [], 'refused 200 no'],
  ])('is refused by any other answer: %d %j', (status, headers, outcome) => {
    const test = new TestOpening()
    test.last.head(headers, status)
    test.last.data('no')
    test.last.sink.onEnd()
    expect(test.outcome).toEqual([outcome])
    expect(test.head?.headers).toEqual(headers)
  })

  it.each([
    ['TEXT 2\r\nhi\r\n', [], 'the origin answered OPEN with other events'],
    ['\r\nOPEN\r\n', [], 'the origin answered OPEN with other events'],
    ['DISCONNECT\r\n', [], 'the origin answered OPEN with other events'],
    ['', [], 'the origin answered OPEN with no event and no Keep-Alive-Interval'],
    ['', ['Keep-Alive-Interval', '0'], 'the origin answered OPEN with no event and no Keep-Alive-Interval'],
    [
      'OPEN\r\n',
      ['Content-Bytes-Accepted', '1'],
      'the origin accepted 1 bytes of the 0 that it was sent (Content-Bytes-Accepted)',
    ],
    [`OPEN\r\n${'x'.repeat(1_000_000)}`, [], "the origin's answer is larger than 1000000 bytes"],
  ])('fails when the events are others: %#', (body, headers, message) => {
    const test = new TestOpening()
    test.answer(body, headers)
    expect(test.outcome).toEqual([`ORIGIN_BROKEN: ${message}`])
  })

  it('fails when the events are malformed', () => {
    const test = new TestOpening()
    test.answer('OPEN')
    expect(test.outcome).toEqual(['SOCKET_EVENTS_INVALID: the body ends within an event line'])
  })

  it('fails when a refusal is larger than is relayed', () => {
    const test = new TestOpening()
    test.last.head([], 403)
    test.last.data('x'.repeat(100_001))
    expect(test.outcome).toEqual(["ORIGIN_BROKEN: the origin's answer is larger than 100000 bytes"])
    expect(test.last.isAborted).toBe(true)
  })

  it.each(['ORIGIN_UNREACHABLE', 'ORIGIN_TIMEOUT', 'ORIGIN_BROKEN', 'ORIGIN_DENIED'] as const)(
    'fails at once, so that another target can be tried: %s',
    (code) => {
      const test = new TestOpening()
      test.last.fail(code)
      expect(test.outcome).toEqual([`${code}: it is ${code}`])
      test.clock.advance(100_000)
      expect(test.origin.asked).toHaveLength(1)
    },
  )
})

describe('an opening that the origin puts off', () => {
  it('is asked for again after each interval of at least 20 seconds, with what was set', () => {
    const test = new TestOpening()
    test.answer('', [...INTERVAL, 'Set-Meta-User', 'ann'])
    test.clock.advance(19_999)
    expect(test.takeBodies()).toEqual(['OPEN'])
    test.clock.advance(1)
    expect(test.takeBodies()).toEqual(['OPEN'])
    expect([test.field('meta-user'), test.field('grip-sig')]).toEqual(['ann', 'sig-2'])
    test.answer('')
    test.clock.advance(20_000)
    test.answer('OPEN\r\n', ['X-A', 'b'])
    expect(test.outcome).toEqual(['open 101 Switching Protocols'])
    expect(test.head?.headers).toEqual(['X-A', 'b'])
  })

  it('fails after half an hour', () => {
    const test = new TestOpening()
    for (let seconds = 0; seconds <= 1800; seconds += 60) {
      test.answer('', ['Keep-Alive-Interval', '60'])
      test.clock.advance(60_000)
    }
    expect(test.outcome).toEqual(['ORIGIN_TIMEOUT: the origin has left the connection unopened for too long'])
  })

  it('is given up when the client leaves, and nothing is asked any more', () => {
    const test = new TestOpening()
    test.answer('', INTERVAL)
    test.opening.abort()
    test.clock.advance(100_000)
    expect(test.takeBodies()).toEqual(['OPEN'])
    expect(test.farewells.pending).toBe(0)
  })
})

describe('an opening whose client leaves', () => {
  it('is followed by DISCONNECT when the origin opens it nevertheless', () => {
    const test = new TestOpening()
    test.opening.abort()
    test.answer('OPEN\r\nTEXT 2\r\nhi\r\n', ['Set-Meta-User', 'ann'])
    expect(test.takeBodies()).toEqual(['OPEN', 'DISCONNECT'])
    expect(test.field('meta-user')).toBe('ann')
    test.answer('')
    expect([test.outcome, test.farewells.pending]).toEqual([[], 0])
  })

  it.each([
    ['put off', '', INTERVAL],
    ['refused', '', ['Content-Type', 'text/plain']],
    ['malformed', 'OPEN', []],
    ['over at once', 'OPEN\r\nDISCONNECT\r\n', []],
  ])('is not, when it is %s', (_what, body, headers) => {
    const test = new TestOpening()
    test.opening.abort()
    test.last.answer(
      headers[0] === 'Content-Type' ? headers : ['Content-Type', 'application/websocket-events', ...headers],
      body,
    )
    test.clock.advance(100_000)
    expect([test.takeBodies(), test.outcome, test.farewells.pending]).toEqual([['OPEN'], [], 0])
  })

  it('is not, when it failed', () => {
    const test = new TestOpening()
    test.opening.abort()
    test.last.fail('ORIGIN_UNREACHABLE')
    test.clock.advance(100_000)
    expect([test.takeBodies(), test.outcome, test.farewells.pending]).toEqual([['OPEN'], [], 0])
  })
})
