import { randomBytes } from 'node:crypto'
import { constants, deflateRawSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { MessageType } from '../../../src/edges/socket.ts'
import { CLOSE_TIMEOUT_MS, END_TIMEOUT_MS } from '../../../src/origin/webSocket/wireSocket.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { RecordingOwner } from '../../support/recordingOwner.ts'
import { eventually } from '../../support/waiting.ts'
import { targetAt } from '../passthroughFront.ts'
import { requestFor } from '../recordingSink.ts'
import {
  createOrigin,
  type OpenOptions,
  openSocket,
  type RawPeer,
  RecordingSocketSink,
  startRawOrigin,
  switching,
} from './support.ts'

describe('messages', () => {
  it('of each kind are received as they were sent, pings and pongs unanswered', async () => {
    const { owner, origin } = await joined()
    origin.send('text \u00fc')
    origin.send(Buffer.from([0, 0xff]))
    origin.ping('are you there')
    origin.pong('unasked')
    origin.send('')
    await owner.hears('text text \u00fc', 'binary 00ff', 'ping are you there', 'pong unasked', 'text ')
    expect(origin.heard).toEqual([])
  })

  it('of each kind are sent as they are, and masked', async () => {
    const { socket, origin } = await joined()
    const content = Buffer.from('shared')
    for (const type of ['text', 'binary', 'ping', 'pong'] as const) socket.send(type, content)
    socket.send('text', Buffer.alloc(0))
    await origin.hears('text shared', 'binary shared', 'ping shared', 'pong shared', 'text ')
    // Masking must not write into bytes that other sockets send, too.
    expect(content.toString()).toBe('shared')
  })

  it('have a mask each that cannot be foreseen', async () => {
    const { socket, peer } = await rawJoined()
    socket.send('text', Buffer.from('aaaa'))
    socket.send('text', Buffer.from('aaaa'))
    await eventually('two frames', () => peer.bytes().length === 20)
    const [one, other] = [peer.bytes().subarray(2, 6), peer.bytes().subarray(12, 16)]
    expect(peer.bytes()[1]).toBe(0x84)
    expect(one.equals(other)).toBe(false)
  })

  it('in fragments are received whole, what stands between them before', async () => {
    const { owner, peer } = await rawJoined()
    peer.socket.write(Buffer.concat([frame(0x01, 'a'), frame(0x89, '?'), frame(0x00, ''), frame(0x80, 'b')]))
    await owner.hears('ping ?', 'text ab')
  })

  it('cut anywhere by the network are received whole', async () => {
    const { owner, peer } = await rawJoined()
    peer.socket.setNoDelay(true)
    const content = 'x'.repeat(200)
    for (const byte of frame(0x81, content)) {
      await new Promise((resolve) => peer.socket.write(Buffer.of(byte), resolve))
    }
    await owner.hears(`text ${content}`)
  })

  it('wait for an owner', async () => {
    const { owner, peer, socket } = await rawJoined()
    socket.owner = undefined
    peer.socket.write(Buffer.concat([frame(0x81, 'a'), frame(0x88, '')]))
    const next = new RecordingOwner()
    socket.owner = next
    await next.hears('text a', 'close undefined')
    expect(owner.heard).toEqual([])
  })

  it('are not received while the socket is paused, not even those that came in one piece', async () => {
    const { owner, peer, socket } = await rawJoined()
    owner.onMessage = (type: MessageType, content: Buffer) => {
      RecordingOwner.prototype.onMessage.call(owner, type, content)
      socket.pause()
    }
    peer.socket.write(Buffer.concat([frame(0x81, 'a'), frame(0x81, 'b'), frame(0x81, 'c')]))
    await owner.hears('text a')
    socket.resume()
    expect(owner.received).toEqual(['text a', 'text b'])
    socket.resume()
    expect(owner.received).toEqual(['text a', 'text b', 'text c'])
  })

  it('of an origin that is paused are left with it', async () => {
    const { peer, socket, owner } = await rawJoined({ origin: { maxMessageBytes: 1024 * 1024 } })
    socket.pause()
    const part = frame(0x82, 'x'.repeat(60_000))
    while (peer.socket.write(part));
    await eventually('an origin that has to wait', () => peer.socket.writableLength > 0)
    const sent = () => peer.socket.bytesWritten
    for (let i = 0; i < 200; i++) peer.socket.write(part)
    await eventually('an origin that has more to send', () => peer.socket.writableLength > 10_000_000)
    expect(owner.heard).toEqual([])
    socket.resume()
    await eventually('an origin that has sent all', () => peer.socket.writableLength === 0)
    const count = sent() / part.length
    await eventually('all messages', () => owner.heard.length === Math.floor(count))
  })

  it('that an origin does not read are counted, and their leaving is told', async () => {
    const { peer, socket, owner } = await rawJoined()
    peer.socket.pause()
    const content = Buffer.alloc(1024 * 1024)
    while (socket.bytesQueued < 4 * content.length) socket.send('binary', content)
    expect(owner.heard).toEqual([])
    peer.socket.resume()
    await eventually('the drain', () => owner.heard.length > 0)
    expect(owner.heard).toEqual(['drain'])
    expect(socket.bytesQueued).toBe(0)
  })

  it('that are small leave at once', async () => {
    const { socket } = await joined()
    socket.send('text', Buffer.from('a'))
    expect(socket.bytesQueued).toBe(0)
  })

  it('as large as the limit are received, one byte more ends the connection with 1009', async () => {
    const { owner, origin } = await joined()
    origin.send('x'.repeat(1000))
    await owner.hears(`text ${'x'.repeat(1000)}`)
    origin.send('x'.repeat(1001))
    await owner.gone()
    expect(owner.fault?.code).toBe('SOCKET_BROKEN')
    await origin.hears('close 1009')
  })
})

describe('a Close', () => {
  it.each([
    [1000, '', 'close 1000'],
    [4321, 'why \u00fc', 'close 4321 why \u00fc'],
    [undefined, '', 'close 1005'],
    [0, 'none', 'close 1000 none'],
    [1005, '', 'close 1000'],
    [1006, '', 'close 1000'],
    [70_000, '', 'close 1000'],
    [1000, 'x'.repeat(124), `close 1000 ${'x'.repeat(123)}`],
    [1001, `${'x'.repeat(122)}\u00fc`, `close 1001 ${'x'.repeat(122)}`],
  ])(
    'of ours with %s and %j reaches the origin as a legal one, and its answer is told',
    async (code, reason, heard) => {
      const { owner, origin, socket } = await joined()
      socket.close(code, reason)
      await origin.hears(heard)
      await owner.hears(heard.replace('1005', 'undefined'), 'gone')
      expect(owner.fault).toBeUndefined()
    },
  )

  it('follows what was sent before it, and nothing follows it', async () => {
    const { origin, socket, owner } = await joined({ origin: { offersDeflate: true } }, true)
    socket.send('text', Buffer.from('before'))
    socket.close(1000, '')
    socket.send('text', Buffer.from('after'))
    socket.close(1001, '')
    await origin.hears('text before', 'close 1000')
    await owner.gone()
  })

  it('of ours does not keep what the origin sends before its own from being received', async () => {
    const { owner, peer, socket } = await rawJoined()
    socket.close(1000, '')
    peer.socket.write(Buffer.concat([frame(0x81, 'last'), closeFrame(1001, 'bye'), frame(0x81, 'too late')]))
    await owner.hears('text last', 'close 1001 bye')
    peer.socket.end()
    await owner.hears('text last', 'close 1001 bye', 'gone')
    expect(owner.fault).toBeUndefined()
  })

  it.each([
    ['a code and a reason', closeFrame(4000, 'so'), 'close 4000 so'],
    ['a code', closeFrame(1011, ''), 'close 1011'],
    ['nothing in it', frame(0x88, ''), 'close undefined'],
    ['0 for a code, as libraries send', closeFrame(0, 'so'), 'close 1000'],
    ['a code that is none', closeFrame(1006, ''), 'close 1000'],
  ])('of the origin with %s is told, and answered by the owner', async (_, bytes, heard) => {
    const { owner, peer, socket } = await rawJoined()
    peer.socket.write(Buffer.concat([frame(0x81, 'a'), bytes, frame(0x81, 'too late')]))
    await owner.hears('text a', heard)
    expect(peer.bytes()).toHaveLength(0)
    socket.send('text', Buffer.from('b'))
    socket.close(1000, '')
    await eventually('a message and a Close', () => peer.bytes().length === 7 + 8)
    peer.socket.end()
    await owner.hears('text a', heard, 'gone')
    expect(owner.fault).toBeUndefined()
  })

  it('of an origin that ends its connection at once is told before the end', async () => {
    const { owner, peer } = await rawJoined()
    peer.socket.end(Buffer.concat([frame(0x81, 'a'), closeFrame(1000, '')]))
    await owner.hears('text a', 'close 1000', 'gone')
    expect(owner.fault).toBeUndefined()
  })

  it('that the origin does not answer is waited for no longer than the limit', async () => {
    const clock = new FakeClock()
    const { owner, peer, socket } = await rawJoined({ origin: { clock } })
    socket.close(1000, '')
    clock.advance(CLOSE_TIMEOUT_MS - 1)
    await eventually('the Close', () => peer.bytes().length === 8)
    expect(owner.heard).toEqual([])
    clock.advance(1)
    await owner.hears('gone')
    expect(owner.fault?.message).toContain('did not answer a Close')
    expect(peer.hasEnded()).toBe(true)
  })

  it('leaves the end of the connection to the origin, but not for ever', async () => {
    const clock = new FakeClock()
    const { owner, peer, socket } = await rawJoined({ origin: { clock } })
    peer.socket.write(closeFrame(1000, ''))
    await owner.hears('close 1000')
    socket.close(1000, '')
    await eventually('the Close', () => peer.bytes().length === 8)
    expect(peer.hasEnded()).toBe(false)
    clock.advance(END_TIMEOUT_MS)
    await owner.hears('close 1000', 'gone')
    expect(owner.fault).toBeUndefined()
  })
})

describe('an origin that breaks the protocol is told with which code, and the owner is told why:', () => {
  it.each([
    ['a masked frame', 1002, Buffer.from([0x81, 0x81, 1, 2, 3, 4, 0])],
    ['reserved bits', 1002, Buffer.from([0xc1, 0])],
    ['a kind of frame that does not exist', 1002, Buffer.from([0x83, 0])],
    ['a part of nothing', 1002, frame(0x80, 'x')],
    ['a message within a message', 1002, Buffer.concat([frame(0x01, 'x'), frame(0x81, 'y')])],
    ['a ping in fragments', 1002, frame(0x09, 'x')],
    ['a ping of 126 bytes', 1002, frame(0x89, 'x'.repeat(126))],
    ['a Close of one byte', 1002, frame(0x88, 'x')],
    ['text that is not UTF-8', 1007, frame(0x81, Buffer.from([0xc3, 0x28]))],
    ['a reason that is not UTF-8', 1007, frame(0x88, Buffer.from([3, 0xe8, 0xff]))],
    ['a frame of 2^63 bytes', 1009, Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])],
    ['a frame longer than the limit', 1009, Buffer.from([0x82, 126, 0x03, 0xe9])],
    ['500 empty fragments after the first', 1008, Buffer.concat([frame(0x01, ''), Buffer.alloc(1000)])],
  ])('%s', async (_, code, bytes) => {
    const { owner, peer } = await rawJoined()
    peer.socket.write(Buffer.concat([frame(0x81, 'fine'), bytes, frame(0x81, 'too late')]))
    await owner.hears('text fine', 'gone')
    expect(owner.fault?.code).toBe('SOCKET_BROKEN')
    expect(owner.fault?.message).toContain(`127.0.0.1:${peer.socket.localPort}`)
    await eventually('a Close', () => peer.bytes().length === 8)
    expect(unmasked(peer.bytes()).readUInt16BE(0)).toBe(code)
  })

  it('and is left when it goes on', async () => {
    const clock = new FakeClock()
    const { owner, peer } = await rawJoined({ origin: { clock } })
    peer.socket.write(frame(0x80, 'x'))
    await owner.hears('gone')
    clock.advance(END_TIMEOUT_MS)
    await eventually('the end of the connection', () => peer.hasEnded())
    expect(owner.heard).toEqual(['gone'])
  })
})

describe('a connection', () => {
  it('that ends without a Close is a fault, told behind what was received', async () => {
    const { owner, peer } = await rawJoined()
    peer.socket.end(frame(0x81, 'a'))
    await owner.hears('text a', 'gone')
    expect(owner.fault?.message).toContain('ended without a Close')
  })

  it('that breaks is a fault', async () => {
    const { owner, peer } = await rawJoined()
    peer.socket.resetAndDestroy()
    await owner.hears('gone')
    expect(owner.fault?.message).toContain('ECONNRESET')
  })

  it('that is destroyed ends without a Close and is no fault', async () => {
    const { owner, peer, socket } = await rawJoined()
    peer.socket.write(frame(0x81, 'unread'))
    socket.destroy()
    socket.send('text', Buffer.from('x'))
    socket.close(1000, '')
    await owner.hears('gone')
    expect(owner.fault).toBeUndefined()
    await eventually('the end of the connection', () => peer.hasEnded())
    expect(peer.bytes()).toHaveLength(0)
  })

  it('that is destroyed brings the origin all that was sent before, which it may be slow to read', async () => {
    const { owner, peer, socket } = await rawJoined()
    peer.socket.pause()
    const content = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 8; i++) socket.send('binary', content)
    peer.socket.write(frame(0x81, 'unread'))
    socket.destroy()
    expect(owner.heard).toEqual([])
    peer.socket.resume()
    await eventually('the end of the connection', () => peer.hasEnded())
    expect(peer.bytes().length).toBeGreaterThan(8 * content.length)
    await owner.hears('gone')
  })

  it('that is destroyed waits no longer than the limit for an origin that does not end it', async () => {
    const clock = new FakeClock()
    const { owner, peer, socket } = await rawJoined({ origin: { clock } })
    peer.socket.pause()
    socket.send('binary', Buffer.alloc(8 * 1024 * 1024))
    socket.destroy()
    clock.advance(CLOSE_TIMEOUT_MS)
    await owner.hears('gone')
    expect(owner.fault).toBeUndefined()
  })

  it('that is paused is told to be gone when it breaks', async () => {
    const { owner, peer, socket } = await rawJoined()
    socket.pause()
    socket.send('text', Buffer.from('x'))
    peer.socket.resetAndDestroy()
    await eventually('a write that fails', () => {
      socket.send('text', Buffer.from('x'))
      return owner.isGone
    })
  })

  it('is broken when its SocketOrigin is closed', async () => {
    const raw = await startRawOrigin(({ accept }) => switching(accept))
    const origin = createOrigin()
    const sink = new RecordingSocketSink()
    origin.openSocket(targetAt(raw.port), requestFor('/ws'), sink)
    await sink.settled()
    await origin.close()
    await sink.owner.hears('gone')
  })
})

describe('compression', () => {
  const DEFLATE: OpenOptions = { origin: { offersDeflate: true } }

  it('that is agreed on is used in both directions', async () => {
    const { owner, origin, socket } = await joined(DEFLATE, true)
    expect(origin.peer.extensions).toBe('permessage-deflate')
    origin.send('to you '.repeat(20))
    origin.send('')
    socket.send('binary', Buffer.from('to me '.repeat(20)))
    socket.send('ping', Buffer.from('plain'))
    socket.send('text', Buffer.alloc(0))
    await owner.hears(`text ${'to you '.repeat(20)}`, 'text ')
    await origin.hears(`binary ${'to me '.repeat(20)}`, 'ping plain', 'text ')
    expect(origin.received()).toBeLessThan(150)
  })

  it('that waits counts as queued, and its leaving is told', async () => {
    const { owner, socket, origin } = await joined(DEFLATE, true)
    const content = randomBytes(10_000)
    socket.send('binary', content)
    expect(socket.bytesQueued).toBe(10_000)
    await eventually('the drain', () => owner.heard.includes('drain'))
    expect(socket.bytesQueued).toBe(0)
    await eventually('the message', () => origin.heard.length === 1)
  })

  it('that an origin does not want is not used', async () => {
    const { owner, origin, socket } = await joined(DEFLATE, false)
    expect(origin.peer.extensions).toBe('')
    origin.send('plain')
    socket.send('text', Buffer.from('plain'))
    await owner.hears('text plain')
    await origin.hears('text plain')
  })

  it('of a bomb ends the connection with 1009', async () => {
    const { owner, peer } = await rawJoined(DEFLATE, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    peer.socket.write(frame(0xc2, deflateRawSync(Buffer.alloc(500_000))))
    await owner.hears('gone')
    await eventually('a Close', () => peer.bytes().length === 8)
    expect(unmasked(peer.bytes()).readUInt16BE(0)).toBe(1009)
  })

  it('of what is not compressed ends the connection with 1007', async () => {
    const { owner, peer } = await rawJoined(DEFLATE, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    peer.socket.write(frame(0xc1, 'plain'))
    await owner.hears('gone')
    await eventually('a Close', () => peer.bytes().length === 8)
    expect(unmasked(peer.bytes()).readUInt16BE(0)).toBe(1007)
  })

  it('is undone before the end of a connection is told', async () => {
    const { owner, peer } = await rawJoined(DEFLATE, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    const compressed = deflateRawSync('x'.repeat(1000), { finishFlush: constants.Z_SYNC_FLUSH })
    peer.socket.end(Buffer.concat([frame(0xc1, compressed.subarray(0, -4)), closeFrame(1000, '')]))
    await owner.hears(`text ${'x'.repeat(1000)}`, 'close 1000', 'gone')
    expect(owner.fault).toBeUndefined()
  })
})

/** The origin's side as `ws` shows it. */
interface WsPeer {
  readonly peer: WebSocket
  readonly heard: string[]
  send(content: string | Buffer): void
  ping(content: string): void
  pong(content: string): void
  hears(...expected: readonly string[]): Promise<void>
  /** Bytes that came on the connection, the handshake included. */
  received(): number
}

async function joined(options: OpenOptions = {}, perMessageDeflate = false) {
  let origin: WsPeer | undefined
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    autoPong: false,
    perMessageDeflate: perMessageDeflate && { threshold: 0 },
  })
  server.on('connection', (peer, request) => {
    const start = request.socket.bytesRead
    origin = recordingPeer(peer, () => request.socket.bytesRead - start)
  })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    for (const peer of server.clients) peer.terminate()
    server.close()
  })
  const sink = await openSocket((server.address() as { port: number }).port, options)
  return { owner: sink.owner, socket: sink.socket!, origin: await eventually('the origin', () => origin) }
}

function recordingPeer(peer: WebSocket, received: () => number): WsPeer {
  const heard: string[] = []
  peer.on('message', (content, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${content}`))
  peer.on('ping', (content) => heard.push(`ping ${content}`))
  peer.on('pong', (content) => heard.push(`pong ${content}`))
  peer.on('close', (code, reason) => heard.push(`close ${code} ${reason}`.trim()))
  peer.on('error', () => {})
  return {
    peer,
    heard,
    received,
    send: (content) => peer.send(content),
    ping: (content) => peer.ping(content),
    pong: (content) => peer.pong(content),
    async hears(...expected) {
      await eventually(JSON.stringify(expected), () => heard.length >= expected.length)
      expect(heard).toEqual(expected)
    },
  }
}

async function rawJoined(options: OpenOptions = {}, headers = '') {
  const raw = await startRawOrigin(({ accept }) => switching(accept, headers))
  const sink = await openSocket(raw.port, options)
  const peer: RawPeer = await raw.peer()
  return { owner: sink.owner, socket: sink.socket!, peer }
}

/** A frame as servers send them: the first byte as given, then the length and the content. */
function frame(firstByte: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string)
  if (bytes.length < 126) return Buffer.concat([Buffer.from([firstByte, bytes.length]), bytes])
  return Buffer.concat([Buffer.from([firstByte, 126, bytes.length >> 8, bytes.length & 255]), bytes])
}

function closeFrame(code: number, reason: string): Buffer {
  return frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))
}

/** The content of a small masked frame. */
function unmasked(bytes: Buffer): Buffer {
  const mask = bytes.subarray(2, 6)
  return Buffer.from(bytes.subarray(6).map((byte, i) => byte ^ mask[i % 4]!))
}
