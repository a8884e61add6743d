import { describe, expect, it } from 'vitest'
import { sockJsUpgrade } from '../../../src/proxy/sockJs/sockJsUpgrade.ts'
import { fakeRequest } from '../support.ts'
import { ACCEPTED, createTestSockJs, FakeHandshake, TestOwner } from './support.ts'

function upgrade(below: string) {
  const { environment, route, clock } = createTestSockJs()
  const handshake = new FakeHandshake()
  const request = fakeRequest({ target: `/sock${below}?q=1` })
  const routed = { request, protocol: 'ws' as const, route, secure: false, trusted: false }
  const outcome = sockJsUpgrade(environment, { routed, handshake, below })
  return { clock, handshake, upgraded: 'upgrade' in outcome ? outcome.upgrade : undefined }
}

function openFramed() {
  const { clock, handshake, upgraded } = upgrade('/0/id/websocket')
  const socket = upgraded!.handshake.accept(ACCEPTED)
  const owner = new TestOwner()
  socket.owner = owner
  return { clock, socket, owner, inner: handshake.socket }
}

describe('a WebSocket handshake below the SockJS path', () => {
  it('of a raw WebSocket goes on as it is', () => {
    const { handshake, upgraded } = upgrade('/websocket')
    expect(upgraded!.handshake).toBe(handshake)
    expect(upgraded!.routed.request.target).toBe('/sock/websocket?q=1')
  })

  it('of a session is accepted with the head that the origin gave', () => {
    const { handshake, upgraded } = upgrade('/0/id/websocket')
    upgraded!.handshake.accept(ACCEPTED)
    expect(handshake.accepted).toBe(ACCEPTED)
    expect(upgraded!.routed.request.target).toBe('/sock/websocket?q=1')
  })

  it('of a session is refused as the origin says, and tells when the client leaves', () => {
    const { handshake, upgraded } = upgrade('/0/id/websocket')
    let left = 0
    upgraded!.handshake.onClose = () => left++
    handshake.onClose!()
    upgraded!.handshake.refuse({ status: 403, reason: 'No', headers: [] }, Buffer.from('no'))
    expect([left, handshake.refused]).toEqual([1, { status: 403, body: 'no' }])
  })

  it('of anything else is refused', () => {
    for (const below of ['', '/info', '/0/i.d/websocket']) {
      const { handshake, upgraded } = upgrade(below)
      expect([upgraded, handshake.refused]).toEqual([undefined, { status: 404, body: 'Not Found\n' }])
    }
  })
})

describe('a framed WebSocket', () => {
  it('tells that it is open, and has a frame for each message', () => {
    const { socket, inner } = openFramed()
    socket.send('text', Buffer.from('a'))
    socket.send('binary', Buffer.from('b'))
    socket.write(socket.framing.frame('text', Buffer.from('c')))
    expect(inner.done).toEqual(['<text o>', '<text a["a"]>', '<text a["b"]>', '<text a["c"]>'])
  })

  it('passes no pings and pongs on, and answers those of the client', () => {
    const { socket, inner, owner } = openFramed()
    socket.send('ping', Buffer.from('x'))
    socket.write(socket.framing.frame('pong', Buffer.from('x')))
    inner.hear('p', 'ping')
    inner.hear('q', 'pong')
    expect([inner.done.slice(1), owner.heard]).toEqual([['<pong p>'], []])
  })

  it('sends a heartbeat every 25 seconds to a client that reads', () => {
    const { clock, inner } = openFramed()
    clock.advance(25_100)
    expect(inner.done.slice(1)).toEqual(['<text h>'])
    inner.bytesQueued = 1
    clock.advance(25_100)
    expect(inner.done.slice(1)).toEqual(['<text h>'])
    inner.bytesQueued = 0
    clock.advance(25_100)
    expect(inner.done.slice(1)).toEqual(['<text h>', '<text h>'])
  })

  it('takes the messages of a frame one by one', () => {
    const { inner, owner } = openFramed()
    inner.hear('["a","b"]')
    inner.hear('')
    inner.hear('[]')
    inner.hear('["c"]', 'binary')
    expect(owner.heard).toEqual(['text a', 'text b', 'text c'])
  })

  it('keeps the rest of a frame while its owner pauses', () => {
    const { socket, inner, owner } = openFramed()
    owner.whenMessage = () => socket.pause()
    inner.hear('["a","b","c"]')
    expect([owner.heard, inner.done.at(-1)]).toEqual([['text a'], 'pause'])
    socket.resume()
    expect([owner.heard, inner.done.at(-1)]).toEqual([['text a', 'text b'], 'pause'])
    owner.whenMessage = undefined
    socket.resume()
    expect([owner.heard.at(-1), inner.done.at(-1)]).toEqual(['text c', 'resume'])
  })

  it('tells code and reason in a frame before the Close', () => {
    const { socket, inner, owner } = openFramed()
    socket.close(4001, 'bye')
    socket.close(1000, 'again')
    socket.send('text', Buffer.from('late'))
    expect(inner.done.slice(1)).toEqual(['<text c[4001,"bye"]>', 'close 4001 bye'])
    inner.owner!.onClose(4001, 'bye')
    inner.owner!.onGone(undefined)
    expect(owner.heard).toEqual(['close 4001 bye', 'gone'])
  })

  it.each([
    ['["a', 'close 1002 SockJS frame is no JSON array of strings'],
    ['"a"', 'close 1002 SockJS frame is no JSON array of strings'],
    ['[1]', 'close 1002 SockJS frame is no JSON array of strings'],
    [JSON.stringify(['x'.repeat(400_000)]), 'close 1009 SockJS frame of 400004 bytes is longer than 400000'],
  ])('is closed over a frame that is none, and gone at once', (frame, close) => {
    const { clock, inner, owner } = openFramed()
    inner.hear(frame)
    expect([inner.done.at(-1), owner.heard]).toEqual([close, ['gone']])
    expect(owner.fault?.message).toBe(close.split(' ').slice(2).join(' '))
    inner.hear('["a"]')
    inner.owner!.onDrain()
    inner.owner!.onClose(1002, '')
    inner.owner!.onGone(undefined)
    clock.advance(60_000)
    expect([inner.done.at(-1), owner.heard]).toEqual([close, ['gone']])
  })

  it('tells what its connection tells', () => {
    const { clock, socket, inner, owner } = openFramed()
    inner.bytesQueued = 7
    expect([socket.bytesQueued, socket.peerAddress]).toEqual([7, '192.0.2.7'])
    inner.owner!.onDrain()
    inner.owner!.onClose(1001, 'left')
    socket.destroy()
    inner.owner!.onGone(undefined)
    expect([owner.heard, inner.done.at(-1)]).toEqual([['drain', 'close 1001 left', 'gone'], 'destroy'])
    expect(clock.timerCount).toBe(1)
    clock.advance(60_000)
    expect(inner.done.at(-1)).toBe('destroy')
  })
})
