import { describe, expect, it } from 'vitest'
import { openSocket, TestOpening } from './support.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const KEEP_ALIVE = ['Keep-Alive-Interval', '30']

describe('messages of a client', () => {
  it('go out at once, and those that come meanwhile together in the next request', () => {
    const test = openSocket()
    test.socket.send('text', bytes('a'))
    test.socket.send('binary', bytes('\xff'))
    test.socket.send('ping', bytes(''))
    test.socket.send('pong', bytes('p'))
    test.socket.send('text', bytes(''))
    expect(test.takeBodies()).toEqual(['TEXT 1 a'])
    test.answer()
    expect(test.takeBodies()).toEqual(['BINARY 1 \ufffd PING PONG 1 p TEXT'])
    test.answer()
    expect(test.takeBodies()).toEqual([])
  })

  it('carry a Grip-Sig of their own', () => {
    const test = openSocket()
    expect(test.field('grip-sig')).toBe('sig-1')
    test.socket.send('text', bytes('a'))
    expect(test.field('grip-sig')).toBe('sig-2')
  })

  it('go one a request where the target wants it so', () => {
    const test = openSocket({ oneEvent: true })
    for (const text of ['a', '', 'b']) test.socket.send('text', bytes(text))
    test.socket.close(undefined, '')
    for (let i = 0; i < 3; i++) test.answer()
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'TEXT', 'TEXT 1 b', 'CLOSE'])
  })

  it('count as queued until they are accepted, and then the owner hears of it', () => {
    const test = openSocket()
    test.socket.send('text', bytes('abc'))
    expect(test.socket.bytesQueued).toBeGreaterThanOrEqual(3)
    test.answer('', ['Content-Bytes-Accepted', '1'])
    expect([test.socket.bytesQueued > 0, test.owner.heard]).toEqual([true, ['drain']])
    test.refresh()
    test.answer('', ['Content-Bytes-Accepted', '2'])
    expect([test.socket.bytesQueued, test.owner.heard]).toEqual([0, ['drain', 'drain']])
  })

  it('are not asked for while 200,000 bytes are held back', () => {
    const test = openSocket()
    test.socket.send('binary', Buffer.alloc(200_000))
    test.socket.send('binary', Buffer.alloc(100_000))
    test.answer('', ['Content-Bytes-Accepted', '1'])
    expect(test.owner.heard).toEqual([])
    test.answer('', ['Content-Bytes-Accepted', '199999'])
    expect(test.owner.heard).toEqual(['drain'])
  })

  it('of more than 200,000 bytes end the connection; what came before is sent, and the origin told', () => {
    const test = openSocket()
    for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
    test.socket.send('binary', Buffer.alloc(200_001))
    test.clock.settle()
    expect(test.owner.take()).toEqual([
      'gone SOCKET_MESSAGE_TOO_LARGE: a message of 200001 bytes is larger than the 200000 that go over HTTP',
    ])
    test.answer()
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'TEXT 1 b DISCONNECT'])
  })

  it('may have 200,000 bytes', () => {
    const test = openSocket()
    test.socket.send('binary', Buffer.alloc(200_000))
    expect(test.last.request.body).toHaveLength('BINARY 30d40\r\n'.length + 200_002)
  })
})

describe('what an origin holds back', () => {
  it('is sent again with the next message, and said to be', () => {
    const test = openSocket()
    test.socket.send('binary', bytes('[foo][hello'))
    test.answer('', ['Content-Bytes-Accepted', '5'])
    test.clock.advance(100_000)
    test.socket.send('binary', bytes(' world]'))
    expect(test.takeBodies()).toEqual(['BINARY b [foo][hello', 'BINARY 6 [hello BINARY 7  world]'])
    expect(test.field('content-bytes-replayed')).toBe('6')
    test.answer('', ['Content-Bytes-Accepted', '13'])
    test.refresh()
    expect([test.takeBodies(), test.field('content-bytes-replayed')]).toEqual([[''], undefined])
  })

  it('is sent again with a keep-alive', () => {
    const test = openSocket({}, KEEP_ALIVE)
    test.socket.send('text', bytes('ab'))
    test.answer('', ['Content-Bytes-Accepted', '0'])
    test.clock.advance(30_000)
    expect([test.takeBodies(), test.field('content-bytes-replayed')]).toEqual([
      ['TEXT 2 ab', 'TEXT 2 ab'],
      '2',
    ])
  })

  it.each(['x', '-1', '1.5'])('is nothing when it says %s', (value) => {
    const test = openSocket()
    test.socket.send('text', bytes('ab'))
    test.answer('', ['Content-Bytes-Accepted', value])
    expect(test.socket.bytesQueued).toBe(0)
  })

  it('cannot be less than nothing: accepting too much ends the connection', () => {
    const test = openSocket()
    test.socket.send('text', bytes('ab'))
    test.answer('TEXT 1\r\na\r\n', ['Content-Bytes-Accepted', '3'])
    expect(test.owner.take()).toEqual([
      'gone ORIGIN_BROKEN: the origin accepted 3 bytes of the 2 that it was sent (Content-Bytes-Accepted)',
    ])
    expect(test.takeBodies()).toEqual(['TEXT 2 ab', 'DISCONNECT'])
  })

  it('may be all of a refresh that had nothing to offer', () => {
    const test = openSocket()
    test.refresh()
    test.answer('', ['Content-Bytes-Accepted', '0'])
    test.socket.send('text', bytes('a'))
    expect([test.takeBodies(), test.owner.take()]).toEqual([['', 'TEXT 1 a'], []])
  })
})

describe('events of an origin', () => {
  it('are received in order, whatever their kind', () => {
    const test = openSocket()
    test.refresh()
    test.answer('TEXT 1\r\na\r\nWHAT\r\nBINARY 1\r\nb\r\nPING 1\r\nc\r\nPONG\r\nTEXT\r\n')
    expect(test.owner.take()).toEqual(['text a', 'binary b', 'ping c', 'pong', 'text'])
  })

  it('wait while the owner is paused, and while there is none', () => {
    const test = openSocket()
    test.socket.owner = undefined
    test.refresh()
    test.answer('TEXT 1\r\na\r\nTEXT 1\r\nb\r\nTEXT 1\r\nc\r\n')
    test.owner.onHeard = (line) => line === 'text a' && test.socket.pause()
    test.socket.owner = test.owner
    expect(test.owner.take()).toEqual([])
    test.clock.settle()
    expect(test.owner.take()).toEqual(['text a'])
    test.socket.resume()
    expect(test.owner.take()).toEqual(['text b', 'text c'])
  })

  it('hold the next request back while 200,000 bytes of them wait; it is made when they are read', () => {
    const test = openSocket({}, KEEP_ALIVE)
    test.socket.pause()
    test.refresh()
    test.answer(`BINARY 30d40\r\n${'x'.repeat(200_000)}\r\n`)
    test.takeBodies()
    test.socket.send('text', bytes('a'))
    test.refresh()
    test.clock.advance(100_000)
    expect(test.takeBodies()).toEqual([])
    test.socket.resume()
    expect(test.takeBodies()).toEqual(['TEXT 1 a'])
  })

  it('do not hold a CLOSE back', () => {
    const test = openSocket()
    test.socket.pause()
    test.refresh()
    test.answer(`BINARY 30d40\r\n${'x'.repeat(200_000)}\r\n`)
    test.socket.close(1000, '')
    expect(test.takeBodies().at(-1)).toMatch(/^CLOSE 2/)
  })

  it('come in a million bytes and no more', () => {
    const test = openSocket()
    test.refresh()
    const event = `BINARY f4230\r\n${'x'.repeat(999_984)}\r\n`
    test.answer(event)
    expect([event.length, test.owner.take()[0]?.length]).toEqual([1_000_000, 'binary '.length + 999_984])
    test.refresh()
    test.answer(`${event}P`)
    expect(test.owner.take()).toEqual([
      "gone ORIGIN_BROKEN: the origin's answer is larger than 1000000 bytes",
    ])
    expect(test.takeBodies().at(-1)).toBe('DISCONNECT')
  })

  it.each([
    ['TEXT 1\r\n\xff\r\n', 'ORIGIN_BROKEN: the origin sent a TEXT that is not UTF-8'],
    [`PING 7e\r\n${'p'.repeat(126)}\r\n`, 'ORIGIN_BROKEN: the origin sent a PING with 126 bytes'],
    [`PONG 7e\r\n${'p'.repeat(126)}\r\n`, 'ORIGIN_BROKEN: the origin sent a PONG with 126 bytes'],
    ['TEXT x\r\n', "SOCKET_EVENTS_INVALID: event line 'TEXT x' has no valid size"],
  ])('of which one is wrong all do not count, and the origin is told of the end: %#', (event, fault) => {
    const test = openSocket()
    test.refresh()
    test.answer(`TEXT 1\r\na\r\n${event}`)
    expect(test.owner.take()).toEqual([`gone ${fault}`])
    expect(test.takeBodies()).toEqual(['', 'DISCONNECT'])
  })

  it.each(['DISCONNECT', 'OPEN'])(
    'end the connection: %s, after what came before and with nothing after',
    (type) => {
      const test = openSocket()
      test.socket.send('text', bytes('a'))
      test.socket.send('text', bytes('b'))
      test.answer(`TEXT 1\r\nx\r\n${type}\r\nTEXT 1\r\ny\r\n`)
      expect(test.owner.take()).toEqual(['text x', `gone ORIGIN_BROKEN: the origin sent ${type}`])
      test.clock.advance(100_000)
      expect([test.takeBodies(), test.farewells.pending]).toEqual([['TEXT 1 a'], 0])
    },
  )
})

describe('an answer without events', () => {
  it.each([
    [500, 'with status 500'],
    [204, 'with status 204'],
    [302, 'with status 302'],
    [200, "with Content-Type 'text/html', and not with application/websocket-events"],
  ])('ends the connection, and the origin is told: %d', (status, text) => {
    const test = openSocket()
    test.socket.send('text', bytes('a'))
    test.socket.send('text', bytes('b'))
    test.last.head(['Content-Type', 'text/html'], status)
    test.last.sink.onEnd()
    expect(test.owner.take()).toEqual([`gone ORIGIN_BROKEN: the origin answered events ${text}`])
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'DISCONNECT'])
  })
})

describe('metas', () => {
  it('go with every request from then on, as they were spelled last, and can be removed', () => {
    const test = openSocket({}, ['Set-Meta-User', 'ann', 'Set-Meta-Room', '1', 'Set-Meta-', 'x'])
    const metas = (): string[] => {
      test.refresh()
      const { headers } = test.last.request
      return headers.flatMap((name, i) => (/^meta-/i.test(name) ? [`${name}: ${headers[i + 1]}`] : []))
    }
    expect(metas()).toEqual(['Meta-User: ann', 'Meta-Room: 1'])
    test.answer('', ['set-meta-USER', 'bob', 'Set-Meta-room', ''])
    expect(metas()).toEqual(['Meta-USER: bob'])
  })

  it.each([
    [Array.from({ length: 65 }, (_, i) => [`Set-Meta-${i}`, 'x']).flat()],
    [['Set-Meta-a', 'x'.repeat(16_384)]],
  ])('have a limit', (headers) => {
    const test = openSocket()
    test.refresh()
    test.answer('', headers)
    expect(test.owner.take()).toEqual([
      'gone ORIGIN_BROKEN: the origin set more than 64 metas, or 16384 bytes of them',
    ])
  })
})

describe('keep-alives', () => {
  it('are sent when the interval after an answer is over', () => {
    const test = openSocket({}, KEEP_ALIVE)
    test.clock.advance(29_000)
    test.socket.send('text', bytes('a'))
    test.clock.advance(50_000)
    test.answer()
    test.takeBodies()
    test.clock.advance(29_999)
    expect(test.takeBodies()).toEqual([])
    test.clock.advance(1)
    expect(test.takeBodies()).toEqual([''])
    test.answer()
    test.clock.advance(30_000)
    expect(test.takeBodies()).toEqual([''])
  })

  it.each([
    ['1', 20_000],
    ['20', 20_000],
    ['21', 21_000],
  ])('wait at least 20 seconds: %s', (value, delayMs) => {
    const test = openSocket({}, ['Keep-Alive-Interval', value])
    test.clock.advance(delayMs - 1)
    expect(test.takeBodies()).toEqual([])
    test.clock.advance(1)
    expect(test.takeBodies()).toEqual([''])
  })

  it.each(['0', '-5', 'x', ''])('are turned off by %j', (value) => {
    const test = openSocket({}, KEEP_ALIVE)
    test.refresh()
    test.answer('', ['Keep-Alive-Interval', value])
    test.clock.advance(10_000_000)
    expect(test.takeBodies()).toEqual([''])
  })

  it('wait no longer than a timer can', () => {
    const test = openSocket({}, ['Keep-Alive-Interval', '99999999999'])
    test.clock.advance(2_147_483_000)
    expect(test.takeBodies()).toEqual([''])
  })
})

describe('refreshes', () => {
  it('ask at once, and once more for any number that come meanwhile', () => {
    const test = openSocket()
    for (let i = 0; i < 3; i++) test.refresh()
    test.answer()
    test.answer()
    expect(test.takeBodies()).toEqual(['', ''])
  })

  it('are not made for a connection that closes', () => {
    const test = openSocket()
    test.socket.close(1000, '')
    test.refresh()
    test.answer('CLOSE\r\n')
    expect(test.takeBodies()).toHaveLength(1)
  })
})

describe('an origin that cannot be reached', () => {
  it('is asked again the same, after 1, 2, 4, 8 and 16 seconds', () => {
    const test = openSocket()
    test.socket.send('text', bytes('a'))
    for (const [i, seconds] of [1, 2, 4, 8, 16].entries()) {
      test.last.fail('ORIGIN_UNREACHABLE')
      test.socket.send('text', bytes('later'))
      test.clock.advance(seconds * 1000 - 1)
      expect(test.origin.asked).toHaveLength(i + 2)
      test.clock.advance(1)
    }
    expect(new Set(test.takeBodies())).toEqual(new Set(['TEXT 1 a']))
    expect(test.field('grip-sig')).toBe('sig-7')
    test.last.fail('ORIGIN_UNREACHABLE')
    test.clock.advance(1_000_000)
    expect(test.owner.take()).toEqual(['gone ORIGIN_UNREACHABLE: it is ORIGIN_UNREACHABLE'])
    expect([test.origin.asked.length, test.farewells.pending]).toEqual([7, 0])
  })

  it('may fail as often again after an answer', () => {
    const test = openSocket()
    for (let i = 0; i < 4; i++) {
      test.refresh()
      for (let retries = 0; retries < 5; retries++) {
        test.last.fail('ORIGIN_UNREACHABLE')
        test.clock.advance(16_000)
      }
      test.answer()
    }
    expect(test.owner.take()).toEqual([])
  })

  it('is tried again with a bit of chance, so that not all return together', () => {
    const test = openSocket({ limits: { retryJitterMs: 1000 } })
    test.refresh()
    test.last.fail('ORIGIN_UNREACHABLE')
    test.clock.advance(999)
    expect(test.origin.asked).toHaveLength(2)
    test.clock.advance(1001)
    expect(test.origin.asked).toHaveLength(3)
  })
})

describe('a request that breaks off', () => {
  it.each(['ORIGIN_BROKEN', 'ORIGIN_TIMEOUT', 'ORIGIN_DENIED'] as const)(
    'is not sent again, as the origin may have seen it; the origin is told of the end: %s',
    (code) => {
      const test = openSocket()
      for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
      test.last.fail(code)
      expect(test.owner.take()).toEqual([`gone ${code}: it is ${code}`])
      expect(test.takeBodies()).toEqual(['TEXT 1 a', 'DISCONNECT'])
    },
  )

  it('may be sent again on another connection where the one that was kept is closed', () => {
    expect(openSocket().last.request.mayRepeat).toBe(true)
  })
})

describe('a client that closes', () => {
  it('hears what the origin answers, and all is over', () => {
    const test = openSocket()
    for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
    test.socket.close(4001, 'bye')
    test.socket.send('text', bytes('ignored'))
    test.answer()
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'TEXT 1 b CLOSE 5 \x0f\ufffdbye'])
    test.answer('TEXT 1\r\nx\r\nCLOSE 5\r\n\x0f\xa2aye\r\n')
    expect(test.owner.take()).toEqual(['text x', 'close 4002 aye', 'gone'])
    test.clock.advance(100_000)
    expect([test.takeBodies(), test.farewells.pending]).toEqual([[], 0])
  })

  it('without a code sends a bare CLOSE', () => {
    const test = openSocket()
    test.socket.close(undefined, 'lost')
    test.answer('CLOSE\r\n')
    expect([test.takeBodies(), test.owner.take()]).toEqual([['CLOSE'], ['close -', 'gone']])
  })

  it('is not answered: that is a fault, and the origin, which has heard of the end, is told no more', () => {
    const test = openSocket()
    test.socket.close(1000, '')
    test.answer('TEXT 1\r\nx\r\n')
    expect(test.owner.take()).toEqual(['text x', 'gone ORIGIN_BROKEN: the origin did not answer CLOSE'])
    test.clock.advance(100_000)
    expect([test.takeBodies(), test.farewells.pending]).toEqual([['CLOSE 2 \x03\ufffd'], 0])
  })

  it('is told to an origin with keep-alives again and again, and no more than five times', () => {
    const test = openSocket({}, KEEP_ALIVE)
    test.socket.close(undefined, '')
    for (let i = 0; i < 6; i++) {
      test.answer()
      test.clock.advance(30_000)
    }
    const closes = ['CLOSE', 'CLOSE', 'CLOSE', 'CLOSE', 'CLOSE', 'CLOSE']
    expect([test.takeBodies(), test.farewells.pending]).toEqual([closes, 0])
    expect(test.owner.take()).toEqual(['gone ORIGIN_BROKEN: the origin did not answer CLOSE'])
  })

  it('while the origin does: both are heard', () => {
    const test = openSocket()
    test.refresh()
    test.socket.close(4001, '')
    test.answer('CLOSE 2\r\n\x0f\xa2\r\n')
    expect(test.owner.take()).toEqual(['close 4002'])
    expect(test.takeBodies().at(-1)).toMatch(/^CLOSE 2/)
    test.answer()
    expect([test.owner.take(), test.takeBodies()]).toEqual([['gone'], []])
  })

  it('with data held back is told again soon, and no more than five times', () => {
    const test = openSocket()
    test.socket.send('text', bytes('ab'))
    test.answer('', ['Content-Bytes-Accepted', '0'])
    test.socket.close(undefined, '')
    for (const seconds of [1, 2, 4, 8, 16]) {
      test.answer('', ['Content-Bytes-Accepted', '0'])
      test.clock.advance(seconds * 1000)
    }
    expect(test.takeBodies()).toEqual(['TEXT 2 ab', ...Array.from({ length: 6 }, () => 'TEXT 2 ab CLOSE')])
    test.answer('', ['Content-Bytes-Accepted', '0'])
    expect(test.owner.take()).toEqual([
      'gone ORIGIN_BROKEN: the origin did not accept what comes before CLOSE',
    ])
    expect(test.takeBodies()).toEqual(['DISCONNECT'])
  })

  it('with data held back is answered when the origin has accepted it', () => {
    const test = openSocket()
    test.socket.send('text', bytes('ab'))
    test.answer('', ['Content-Bytes-Accepted', '1'])
    test.socket.close(1000, '')
    test.answer('', ['Content-Bytes-Accepted', '0'])
    test.clock.advance(1000)
    expect(test.field('content-bytes-replayed')).toBe('3')
    test.answer('CLOSE\r\n', ['Content-Bytes-Accepted', '3'])
    expect(test.owner.take()).toEqual(['close -', 'gone'])
  })

  it('with a code that must not stand in a frame sends 1000', () => {
    const test = openSocket()
    test.socket.close(1006, '')
    expect(test.last.request.body).toEqual(bytes('CLOSE 2\r\n\x03\xe8\r\n'))
  })
})

describe('an origin that closes', () => {
  it('hears what the client answers, after what was not sent yet, and any answer ends it', () => {
    const test = openSocket({}, KEEP_ALIVE)
    for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
    test.answer('TEXT 1\r\nx\r\nCLOSE 2\r\n\0\0\r\nTEXT 1\r\ny\r\n')
    test.clock.advance(100_000)
    expect([test.owner.take(), test.takeBodies()]).toEqual([['text x', 'close 0'], ['TEXT 1 a']])
    test.socket.close(1000, '')
    expect(test.takeBodies()).toEqual(['TEXT 1 b CLOSE 2 \x03\ufffd'])
    test.answer()
    test.clock.advance(100_000)
    expect([test.owner.take(), test.takeBodies()]).toEqual([['gone'], []])
  })

  it('hears DISCONNECT when the client leaves instead of answering', () => {
    const test = openSocket()
    test.refresh()
    test.answer('CLOSE\r\n')
    test.socket.destroy()
    expect(test.takeBodies()).toEqual(['', 'DISCONNECT'])
  })

  it('may do so in its first answer', () => {
    const test = new TestOpening()
    test.answer('OPEN\r\nCLOSE 2\r\n\x0f\xa1\r\n')
    expect(test.owner.take()).toEqual(['close 4001'])
  })
})
