import { describe, expect, it } from 'vitest'
import { Farewells } from '../../../src/proxy/overHttp/farewells.ts'
import { openSocket } from './support.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('a client that leaves', () => {
  it('is told to the origin once, whatever it answers', () => {
    const test = openSocket()
    test.socket.destroy()
    test.clock.settle()
    expect([test.owner.take(), test.takeBodies(), test.farewells.pending]).toEqual([
      ['gone'],
      ['DISCONNECT'],
      1,
    ])
    test.last.head([], 500)
    test.last.sink.onEnd()
    test.socket.destroy()
    test.clock.advance(100_000)
    expect([test.owner.take(), test.takeBodies(), test.farewells.pending]).toEqual([[], [], 0])
  })

  it('is told after the request under way, with what was not sent, and after what that has set', () => {
    const test = openSocket()
    for (const text of ['a', 'b', 'c']) test.socket.send('text', bytes(text))
    test.socket.destroy()
    expect(test.takeBodies()).toEqual(['TEXT 1 a'])
    test.answer('TEXT 1\r\nx\r\n', ['Set-Meta-User', 'ann'])
    expect([test.takeBodies(), test.field('meta-user')]).toEqual([['TEXT 1 b TEXT 1 c DISCONNECT'], 'ann'])
    expect(test.owner.take()).toEqual(['gone'])
  })

  it('is told in a request of its own where one event is taken', () => {
    const test = openSocket({ oneEvent: true })
    for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
    test.socket.destroy()
    for (let i = 0; i < 3; i++) test.answer()
    expect([test.takeBodies(), test.farewells.pending]).toEqual([['TEXT 1 a', 'TEXT 1 b', 'DISCONNECT'], 0])
  })

  it('is told with what the origin held back', () => {
    const test = openSocket()
    test.socket.send('text', bytes('abc'))
    test.answer('', ['Content-Bytes-Accepted', '1'])
    test.socket.destroy()
    expect([test.takeBodies().at(-1), test.field('content-bytes-replayed')]).toEqual([
      'TEXT 2 bc DISCONNECT',
      '2',
    ])
  })

  it.each([
    ['fails', 'ORIGIN_BROKEN' as const],
    ['is refused', undefined],
  ])('is told without what followed on a request that %s', (_what, code) => {
    const test = openSocket()
    for (const text of ['a', 'b']) test.socket.send('text', bytes(text))
    test.socket.destroy()
    if (code === undefined) test.last.answer([], 'what?')
    else test.last.fail(code)
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'DISCONNECT'])
    test.last.fail('ORIGIN_BROKEN')
    expect([test.farewells.pending, test.log.lines]).toEqual([
      0,
      ['info WebSocket over HTTP: the origin is not told of the end: it is ORIGIN_BROKEN'],
    ])
  })

  it('is told again where the origin cannot be reached, and given up in the end', () => {
    const test = openSocket()
    test.socket.destroy()
    for (let i = 0; i < 6; i++) {
      test.last.fail('ORIGIN_UNREACHABLE')
      test.clock.advance(16_000)
    }
    expect([test.takeBodies().length, test.farewells.pending]).toEqual([6, 0])
  })

  it('is not told where the origin has sent DISCONNECT itself', () => {
    const test = openSocket()
    test.socket.send('text', bytes('a'))
    test.socket.destroy()
    test.answer('DISCONNECT\r\n')
    expect([test.takeBodies(), test.farewells.pending]).toEqual([['TEXT 1 a'], 0])
  })

  it('is not told where the origin answers its CLOSE', () => {
    const test = openSocket()
    test.socket.close(undefined, '')
    test.socket.destroy()
    test.answer('CLOSE\r\n')
    expect([test.takeBodies(), test.farewells.pending, test.owner.take()]).toEqual([['CLOSE'], 0, ['gone']])
  })

  it('is told where the origin hears its CLOSE and does not answer it', () => {
    const test = openSocket()
    test.socket.send('text', bytes('a'))
    test.socket.close(undefined, '')
    test.socket.destroy()
    test.answer()
    test.answer()
    expect(test.takeBodies()).toEqual(['TEXT 1 a', 'CLOSE', 'DISCONNECT'])
  })

  it('is told at once while a CLOSE waits to be sent again', () => {
    const test = openSocket({}, ['Keep-Alive-Interval', '20'])
    test.socket.close(undefined, '')
    test.answer()
    test.socket.destroy()
    expect(test.takeBodies()).toEqual(['CLOSE', 'DISCONNECT'])
    test.answer()
    test.clock.advance(100_000)
    expect(test.takeBodies()).toEqual([])
  })

  it('hears nothing more, and no request is made for it', () => {
    const test = openSocket({}, ['Keep-Alive-Interval', '20'])
    test.socket.pause()
    test.refresh()
    test.answer('TEXT 1\r\na\r\n')
    test.socket.destroy()
    test.socket.send('text', bytes('b'))
    test.socket.close(1000, '')
    test.refresh()
    test.answer('TEXT 1\r\nb\r\n')
    test.clock.advance(100_000)
    expect([test.owner.take(), test.takeBodies()]).toEqual([['gone'], ['', 'DISCONNECT']])
  })
})

describe('farewells', () => {
  it('are bounded: what is above is not told, and the log says so', () => {
    const farewells = new Farewells(1)
    const [first, second] = [openSocket({ farewells }), openSocket({ farewells })]
    first.socket.destroy()
    second.socket.send('text', bytes('a'))
    second.socket.destroy()
    expect([second.takeBodies(), second.last.isAborted]).toEqual([['TEXT 1 a'], true])
    expect(second.log.lines).toEqual([
      'info WebSocket over HTTP: the origin is not told of the end: too many origins are to be told',
    ])
  })

  it('count connections whose close the origin is still to hear', () => {
    const test = openSocket()
    test.socket.close(1000, '')
    expect(test.farewells.pending).toBe(1)
    test.answer('CLOSE\r\n')
    expect(test.farewells.pending).toBe(0)
  })

  it('can be waited for', async () => {
    const test = openSocket()
    let isIdle = false
    test.socket.destroy()
    const idle = test.farewells.idle().then(() => {
      isIdle = true
    })
    await Promise.resolve()
    expect(isIdle).toBe(false)
    test.answer()
    await idle
    await test.farewells.idle()
  })
})
