import { constants, deflateRawSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { PerMessageDeflate } from 'ws'
import { LINGER_MS } from '../../../src/accept/lingeringClose.ts'
import { CLOSE_TIMEOUT_MS } from '../../../src/accept/webSocket/clientWebSocket.ts'
import { encodeClose, encodeFrame, type Frame, Opcode } from '../../support/frames.ts'
import { loopbackTurn } from '../../support/loopback.ts'
import { eventually, passTime } from '../../support/waiting.ts'
import { DEFLATE_OFFER, type OpenPair, openPair } from './support.ts'

/** The code and the reason of a Close frame. */
function closeOf(frame: Frame | undefined): [code: number, reason: string] {
  expect(frame?.opcode).toBe(Opcode.close)
  return [frame!.content.readUInt16BE(0), frame!.content.subarray(2).toString()]
}

/** A compressed message as a client without context takeover sends it. */
function deflated(content: string | Buffer): Buffer {
  return deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
}

function encodeDeflated(content: string | Buffer, options: { isFinal?: boolean } = {}): Buffer {
  return encodeFrame(Opcode.text, deflated(content), { reserved: 4, ...options })
}

const openDeflating = (options: Parameters<typeof openPair>[0] = {}) =>
  openPair(options, { fields: DEFLATE_OFFER })

/** What the client gets, and the owner hears, when the client sends these bytes. */
async function afterFault(pair: OpenPair, ...bytes: readonly Buffer[]) {
  pair.socket.owner = pair.owner
  pair.client.send(...bytes)
  await pair.owner.gone()
  const frames = await pair.client.rest()
  expect(frames).toHaveLength(1)
  expect(pair.owner.fault?.code).toBe('SOCKET_BROKEN')
  return { code: closeOf(frames[0])[0], heard: pair.owner.received, fault: pair.owner.fault?.message }
}

describe('a client that breaks the protocol', () => {
  it.each([
    ['an unmasked frame', encodeFrame(Opcode.text, 'x', { isMasked: false }), 1002],
    ['a reserved bit', encodeFrame(Opcode.text, 'x', { reserved: 4 }), 1002],
    ['an unknown opcode', encodeFrame(3, 'x'), 1002],
    ['a long ping', encodeFrame(Opcode.ping, 'x'.repeat(126)), 1002],
    ['a fragmented ping', encodeFrame(Opcode.ping, 'x', { isFinal: false }), 1002],
    ['a continuation of nothing', encodeFrame(Opcode.continuation, 'x'), 1002],
    ['a Close of one byte', encodeFrame(Opcode.close, 'x'), 1002],
    ['a Close with a code that does not exist', encodeClose(1005), 1002],
    ['text that is not UTF-8', encodeFrame(Opcode.text, Buffer.from([0xc3, 0x28])), 1007],
    ['a Close reason that is not UTF-8', encodeClose(1000, Buffer.from([0xff])), 1007],
    [
      'a frame of 2^63 - 1 bytes',
      encodeFrame(Opcode.text, 'x', { length: { value: 2n ** 63n - 1n, bytes: 8 } }),
      1009,
    ],
    [
      'a frame of 2^64 - 1 bytes',
      encodeFrame(Opcode.text, 'x', { length: { value: 2n ** 64n - 1n, bytes: 8 } }),
      1009,
    ],
  ])('by %s is told so, and the connection ends', async (_, bytes, code) => {
    const result = await afterFault(await openPair(), encodeFrame(Opcode.text, 'before'), bytes)
    expect(result).toMatchObject({ code, heard: ['text before', 'gone'] })
  })

  it('is told what was wrong', async () => {
    const pair = await openPair()
    pair.socket.owner = pair.owner
    pair.client.send(encodeFrame(Opcode.text, 'x', { isMasked: false }))
    expect(closeOf(await pair.client.next())[1]).toBe('Invalid WebSocket frame: MASK must be set')
  })

  it('may go on sending without being answered, for a while', async () => {
    const pair = await openPair()
    pair.socket.owner = pair.owner
    pair.client.socket.removeAllListeners('end')
    pair.client.send(encodeFrame(3))
    await pair.owner.gone()
    pair.client.send(encodeFrame(Opcode.text, 'more'))
    expect(closeOf(await pair.client.next())[0]).toBe(1002)
    await loopbackTurn()
    expect(pair.owner.received).toEqual(['gone'])
    pair.sockets.clock.advance(LINGER_MS + 200)
    await eventually('no connection', () => pair.listener.connectionCount() === 0)
  })

  it('after our Close is not told', async () => {
    const pair = await openPair()
    pair.socket.owner = pair.owner
    pair.socket.close(4000, 'bye')
    pair.client.send(encodeFrame(3))
    await pair.owner.gone()
    expect((await pair.client.rest()).map((frame) => closeOf(frame)[0])).toEqual([4000])
  })
})

describe('a Close of ours without a code', () => {
  it('tells the client 1000', async () => {
    const pair = await openPair()
    pair.socket.owner = pair.owner
    pair.socket.close(undefined, '')
    expect(closeOf(await pair.client.next())).toEqual([1000, ''])
  })
})

describe('the limits of messages', () => {
  const limits = { maxMessageBytes: 1000, maxFragments: 3 }

  it.each([
    ['a message of as many bytes', encodeFrame(Opcode.text, 'x'.repeat(1000))],
    [
      'a message of as many fragments',
      Buffer.concat([
        encodeFrame(Opcode.text, '1', { isFinal: false }),
        encodeFrame(Opcode.ping, ''),
        encodeFrame(Opcode.continuation, '2', { isFinal: false }),
        encodeFrame(Opcode.continuation, '3'),
      ]),
    ],
  ])('let %s through', async (_, bytes) => {
    const { socket, owner, client } = await openPair(limits)
    socket.owner = owner
    client.send(bytes, encodeFrame(Opcode.text, 'and on'))
    await eventually('the second message', () => owner.received.at(-1) === 'text and on')
  })

  const part = encodeFrame(Opcode.continuation, 'x'.repeat(500), { isFinal: false })
  const empty = encodeFrame(Opcode.continuation, '', { isFinal: false })
  it.each([
    ['a longer message', [encodeFrame(Opcode.text, 'x'.repeat(1001))], 1009],
    ['a longer message in fragments', [encodeFrame(Opcode.text, 'x', { isFinal: false }), part, part], 1009],
    [
      'empty fragments without end',
      [encodeFrame(Opcode.text, '', { isFinal: false }), empty, empty, empty],
      1008,
    ],
  ])('stop %s', async (_, bytes, code) => {
    expect(await afterFault(await openPair(limits), ...bytes)).toMatchObject({ code, heard: ['gone'] })
  })

  it('stop what is small only while it is compressed', async () => {
    const bomb = encodeDeflated(Buffer.alloc(50 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(60_000)
    expect(await afterFault(await openDeflating(), bomb)).toMatchObject({ code: 1009, heard: ['gone'] })
  })

  it('count the fragments of a compressed message together', async () => {
    const whole = deflated(Buffer.from('ab'.repeat(600)))
    const [a, b] = [whole.subarray(0, 5), whole.subarray(5)]
    const first = encodeFrame(Opcode.text, a, { reserved: 4, isFinal: false })
    const result = await afterFault(await openDeflating(limits), first, encodeFrame(Opcode.continuation, b))
    expect(result).toMatchObject({ code: 1009, heard: ['gone'] })
  })
})

describe('a client with compression', () => {
  it('may compress its messages or not, whole or in fragments', async () => {
    const { socket, owner, client } = await openDeflating()
    socket.owner = owner
    const whole = deflated('fragments')
    client.send(
      encodeDeflated('one'),
      encodeFrame(Opcode.text, 'two'),
      encodeFrame(Opcode.text, whole.subarray(0, 3), { reserved: 4, isFinal: false }),
      encodeFrame(Opcode.ping, 'between'),
      encodeFrame(Opcode.continuation, whole.subarray(3)),
      encodeDeflated(''),
      encodeFrame(Opcode.ping, 'after'),
      encodeClose(1000, 'end'),
    )
    await owner.hears(
      'text one',
      'text two',
      'ping between',
      'text fragments',
      'text ',
      'ping after',
      'close 1000 end',
    )
  })

  it('is heard to the end although its connection ends while a message is inflated', async () => {
    const { socket, owner, client } = await openDeflating()
    socket.owner = owner
    client.send(encodeDeflated('x'.repeat(100_000)), encodeDeflated('last'))
    client.socket.end()
    await owner.hears(`text ${'x'.repeat(100_000)}`, 'text last', 'gone')
  })

  it('that compresses badly is told so', async () => {
    const bytes = encodeFrame(Opcode.text, Buffer.from([0x07, 0xff, 0xff]), { reserved: 4 })
    expect(await afterFault(await openDeflating(), bytes)).toMatchObject({ code: 1007 })
  })

  it('is not inflated for while its owner is paused', async () => {
    const { socket, owner, client } = await openDeflating()
    socket.owner = owner
    owner.onMessage = (type, content) => {
      owner.heard.push(`${type} ${content.length}`)
      socket.pause()
    }
    client.send(...Array.from({ length: 3 }, () => encodeDeflated(Buffer.alloc(500_000, 'x'))))
    const inflations = vi.spyOn(PerMessageDeflate.prototype, 'decompress')
    await owner.hears('text 500000')
    await loopbackTurn()
    expect(owner.received).toHaveLength(1)
    expect(inflations).toHaveBeenCalledTimes(1)
    socket.resume()
    await owner.hears('text 500000', 'text 500000')
    socket.resume()
    await owner.hears('text 500000', 'text 500000', 'text 500000')
  })

  it('may leave while a message is inflated', async () => {
    const { socket, owner, client } = await openDeflating()
    socket.owner = owner
    client.send(...Array.from({ length: 50 }, () => encodeDeflated(Buffer.alloc(500_000, 'x'))))
    await eventually('a message', () => owner.heard.length > 0)
    client.socket.resetAndDestroy()
    await owner.gone()
    expect(owner.received.at(-1)).toBe('gone')
  })

  it.each([
    ['is small as it is', 'x'.repeat(127), 0],
    ['gets smaller', 'x'.repeat(128), 4],
    ['is too large to keep others waiting for it', 'x'.repeat(256 * 1024 + 1), 0],
  ])('gets a message that %s with reserved bits %#', async (_, content, reserved) => {
    const { socket, client } = await openDeflating()
    socket.send('text', Buffer.from(content))
    const frame = await client.next()
    expect(frame.reserved).toBe(reserved)
    expect(frame.content.length < content.length).toBe(reserved === 4)
  })

  it('shares its frames with others that have compression', async () => {
    const [one, two] = [await openDeflating(), await openDeflating()]
    expect(one.socket.framing).toBe(two.socket.framing)
    const wire = one.socket.framing.frame('text', Buffer.from('y'.repeat(1000)))
    one.socket.write(wire)
    two.socket.write(wire)
    expect((await one.client.next()).content).toEqual((await two.client.next()).content)
  })
})

describe('a client that says nothing', () => {
  async function silent(pingIntervalMs = 30_000) {
    const pair = await openPair({ pingIntervalMs })
    pair.socket.owner = pair.owner
    return { ...pair, advance: (ms: number) => pair.sockets.clock.advance(ms) }
  }

  it('is pinged when the interval is over, and not before', async () => {
    const { client, advance } = await silent()
    advance(29_900)
    await loopbackTurn()
    expect(client.frames).toEqual([])
    advance(200)
    expect((await client.next()).opcode).toBe(Opcode.ping)
  })

  it('may answer with a pong, which is not told', async () => {
    const { client, owner, advance } = await silent()
    for (let round = 0; round < 5; round++) {
      advance(30_100)
      const ping = await client.next()
      client.send(encodeFrame(Opcode.pong, ping.content), encodeFrame(Opcode.text, `${round}`))
      await eventually('the message', () => owner.heard.length === round + 1)
    }
    expect(owner.received).toEqual(['text 0', 'text 1', 'text 2', 'text 3', 'text 4'])
  })

  it('has its other pongs told', async () => {
    const { client, owner } = await silent()
    client.send(encodeFrame(Opcode.pong, 'mine'), encodeFrame(Opcode.pong, ''))
    await owner.hears('pong mine', 'pong ')
  })

  it('is given up after two pings without an answer', async () => {
    const { client, owner, sockets, advance } = await silent()
    advance(60_100)
    expect([(await client.next()).opcode, (await client.next()).opcode]).toEqual([Opcode.ping, Opcode.ping])
    expect(owner.isGone).toBe(false)
    advance(30_100)
    await owner.gone()
    expect(owner.fault?.message).toContain('2 pings unanswered')
    expect(sockets.counters.closed['silent-client']).toBe(1)
    expect(sockets.log.lines).toEqual([
      'info closed 127.0.0.1: silent-client: 2 pings unanswered, client_ping_interval is 30 s',
    ])
    expect((await client.rest()).length).toBe(0)
  })

  it('is alive with each byte, be it of a frame that never ends', async () => {
    const { client, owner, advance } = await silent()
    const bytes = encodeFrame(Opcode.text, 'slow')
    for (const byte of bytes) {
      advance(60_100)
      await client.next()
      client.send(Buffer.from([byte]))
      await loopbackTurn()
    }
    await owner.hears('text slow')
  })

  it('is never pinged where that is off', async () => {
    const { client, owner, advance } = await silent(0)
    advance(10 * 3_600_000)
    await loopbackTurn()
    expect(client.frames).toEqual([])
    expect(owner.isGone).toBe(false)
  })

  it('is not given up while it is not read', async () => {
    const { socket, owner, advance } = await silent()
    socket.pause()
    advance(600_000)
    await loopbackTurn()
    expect(owner.isGone).toBe(false)
  })

  it('is not given up while it takes what it is sent', async () => {
    const { socket, client, owner, advance } = await silent()
    client.socket.pause()
    for (let i = 0; i < 32; i++) socket.send('binary', Buffer.alloc(1024 * 1024))
    advance(30_100)
    for (let round = 0; round < 6; round++) {
      await client.take(2 * 1024 * 1024)
      await loopbackTurn()
      advance(30_100)
    }
    expect(owner.isGone).toBe(false)
    expect(socket.bytesQueued).toBeGreaterThan(1024 * 1024)
  })

  it('is given up though it is sent something, when it takes nothing of it', async () => {
    const { socket, client, owner, advance } = await silent()
    client.socket.pause()
    for (let i = 0; i < 32; i++) socket.send('binary', Buffer.alloc(1024 * 1024))
    await loopbackTurn()
    advance(150_000)
    await owner.gone()
  })
})

describe('the end of a WebSocket', () => {
  it('does not wait longer for the Close of a client than it may', async () => {
    const { socket, client, owner, sockets } = await openPair()
    socket.owner = owner
    socket.close(1000, '')
    expect(closeOf(await client.next())[0]).toBe(1000)
    sockets.clock.advance(CLOSE_TIMEOUT_MS - 200)
    await loopbackTurn()
    expect(owner.isGone).toBe(false)
    sockets.clock.advance(400)
    await owner.hears('gone')
  })

  it('does not wait longer for the end of the connection than it may', async () => {
    const { socket, client, owner, sockets } = await openPair()
    socket.owner = owner
    client.socket.allowHalfOpen = true
    client.send(encodeClose(1000))
    await owner.hears('close 1000')
    socket.close(1000, '')
    await client.next()
    sockets.clock.advance(CLOSE_TIMEOUT_MS + 200)
    await owner.hears('close 1000', 'gone')
  })

  it('waits for a client that reads slowly as long as it reads', async () => {
    const { socket, client, owner, sockets } = await openPair()
    socket.owner = owner
    client.socket.pause()
    for (let i = 0; i < 24; i++) socket.send('binary', Buffer.alloc(1024 * 1024))
    socket.close(1000, 'done')
    for (let round = 0; round < 6; round++) {
      await client.take(2 * 1024 * 1024)
      await loopbackTurn()
      sockets.clock.advance(CLOSE_TIMEOUT_MS)
    }
    expect(socket.bytesQueued).toBeGreaterThan(1024 * 1024)
    expect(owner.isGone).toBe(false)
    client.socket.resume()
    await eventually('the Close', () => client.frames.some(({ opcode }) => opcode === Opcode.close))
  })

  it('leaves the Close of a client that half-closes to the owner', async () => {
    const { socket, client, owner } = await openPair()
    socket.owner = owner
    client.send(encodeClose(1001, 'going'))
    client.socket.end()
    await owner.hears('close 1001 going')
    await loopbackTurn()
    expect(owner.isGone).toBe(false)
    socket.close(1001, 'going')
    expect(closeOf(await client.next())).toEqual([1001, 'going'])
    await owner.hears('close 1001 going', 'gone')
  })

  it('comes after all that is queued for a client that has closed and half-closed', async () => {
    const { socket, client, owner } = await openPair()
    socket.owner = owner
    client.socket.pause()
    client.send(encodeClose(1000))
    await owner.hears('close 1000')
    for (let i = 0; i < 16; i++) socket.send('binary', Buffer.alloc(1024 * 1024))
    socket.close(1000, '')
    client.socket.end()
    await loopbackTurn()
    client.socket.resume()
    const frames = await client.rest()
    expect(frames).toHaveLength(17)
    expect(closeOf(frames.at(-1))[0]).toBe(1000)
    await owner.gone()
  })

  it('comes when a client half-closes without a Close', async () => {
    const { socket, client, owner } = await openPair()
    socket.owner = owner
    client.send(encodeFrame(Opcode.text, 'x'))
    client.socket.end()
    await owner.hears('text x', 'gone')
    expect(owner.fault).toBe(undefined)
  })

  it('is told to an owner that comes after it', async () => {
    const { socket, client, owner, listener } = await openPair()
    socket.send('text', Buffer.from('x'))
    socket.destroy()
    await eventually('no connection', () => listener.connectionCount() === 0)
    client.destroy()
    socket.owner = owner
    expect(owner.heard).toEqual([])
    await owner.hears('gone')
  })

  it('is found out while the client is made to wait', async () => {
    const { socket, client, owner, sockets } = await openPair()
    socket.owner = owner
    socket.pause()
    client.send(encodeFrame(Opcode.text, 'x'.repeat(1000)))
    client.destroy()
    await eventually('the end', () => {
      sockets.clock.advance(30_000)
      return owner.isGone
    })
    expect(owner.heard).toEqual(['gone'])
  })

  it('leaves no timer behind', async () => {
    const { socket, client, owner, sockets } = await openPair()
    socket.owner = owner
    client.destroy()
    await owner.gone()
    sockets.clock.advance(600_000)
    expect(sockets.counters.closed['silent-client']).toBe(0)
  })
})

describe('what is sent to a client', () => {
  it('is cut to what a control frame can carry', async () => {
    const { socket, client } = await openPair()
    socket.send('ping', Buffer.alloc(200, 'p'))
    expect((await client.next()).content.length).toBe(125)
  })

  it('may be several frames that somebody else has joined', async () => {
    const { socket, client } = await openPair()
    const { framing } = socket
    socket.write(
      Buffer.concat([framing.frame('text', Buffer.from('a')), framing.frame('ping', Buffer.from('b'))]),
    )
    expect([(await client.next()).opcode, (await client.next()).opcode]).toEqual([Opcode.text, Opcode.ping])
  })
})

describe('hostile clients', () => {
  it('cannot fill the memory with pings while the owner is paused', async () => {
    const { socket, client, owner } = await openPair()
    socket.owner = owner
    socket.pause()
    const pings = Buffer.concat(
      Array.from({ length: 10_000 }, () => encodeFrame(Opcode.ping, 'x'.repeat(100))),
    )
    let isTaken = false
    for (let i = 0; i < 30; i++) client.socket.write(pings, () => (isTaken = i === 29))
    await passTime(200)
    // What is left waits in the client.
    expect(isTaken).toBe(false)
    expect(client.socket.writableLength).toBeGreaterThan(1024 * 1024)
  })
})
