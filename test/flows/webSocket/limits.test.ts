import { createHash } from 'node:crypto'
import type { connect as connectSocket } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { sendHandshake } from '../../support/frameClient.ts'
import { encodeFrame } from '../../support/frames.ts'
import { startTcpOrigin } from '../../support/origin.ts'
import { describeFlows, holdfastOnly } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { SocketClient } from '../../support/webSocket/socketClient.ts'
import { text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const MAX_BYTES = 3_000_000

/** An origin that sends everything back, compressed where that was agreed on. */
const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } })
echo.on('connection', (socket) => {
  socket.on('message', (content, isBinary) => socket.send(content, { binary: isBinary }))
  socket.on('error', () => {})
})
await new Promise((resolve) => echo.once('listening', resolve))
const echoPort = (echo.address() as { port: number }).port

/** An origin that ends each connection before it has answered, and one that never answers. */
const hasty = await startTcpOrigin((socket) => socket.once('data', () => socket.end()))
let left = 0
const mute = await startTcpOrigin((socket) => {
  socket.resume()
  socket.on('close', () => left++)
})

/** An origin that accepts, sends these bytes and shows what it gets then. */
let hostileBytes: Buffer = Buffer.alloc(0)
let hostileGot: Buffer = Buffer.alloc(0)
const hostile = await startTcpOrigin((socket) => {
  socket.once('data', (head) => {
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(head.toString('latin1'))![1]
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`)
    socket.write(hostileBytes)
    socket.on('data', (chunk) => {
      hostileGot = Buffer.concat([hostileGot, chunk])
    })
  })
})

const flow = useSocketFlow(
  (origin) => [
    `*,path_beg=/native/hasty 127.0.0.1:${hasty.port} ${origin}`,
    `*,path_beg=/native/mute 127.0.0.1:${mute.port}`,
    `*,path_beg=/hostile 127.0.0.1:${hostile.port}`,
    `*,path_beg=/echo 127.0.0.1:${echoPort}`,
  ],
  {
    conf: {
      runner: { client_message_size: MAX_BYTES, allow_compression: true },
      proxy: { origin_timeout: 2 },
    },
  },
)
afterAll(async () => {
  for (const socket of echo.clients) socket.terminate()
  echo.close()
  await Promise.all([hasty.stop(), mute.stop(), hostile.stop()])
})

/** 100 kB each: more than the operating system keeps of them on the way. */
const COUNT = 300

const ours = holdfastOnly(it, 'Pushpin 1.36 has no such limits, and stalls on large messages')

async function opened(path: string, deflate = false): Promise<SocketClient> {
  const client = await flow.shake(path, { deflate })
  if (!(client instanceof SocketClient)) throw new Error(`refused: ${client.status}`)
  return client
}

describeFlows('large messages', () => {
  ours('pass a native origin both ways', async () => {
    const client = await opened('/echo')
    const content = 'x'.repeat(MAX_BYTES)
    client.send(content)
    await eventually('the echo', () => client.heard.length > 0, 10_000)
    expect(client.heard[0]).toBe(`text ${content}`)
  })

  ours(
    'that are many pass while the origin waits for the client, and the client for the origin',
    async () => {
      const client = await opened('/echo')
      const content = Buffer.alloc(100_000, 'x')
      for (let i = 0; i < COUNT; i++) client.socket.send(content)
      client.socket.pause()
      await eventually('a proxy that takes no more', () => client.socket.bufferedAmount > 0)
      client.socket.resume()
      await eventually('all', () => client.heard.length === COUNT, 20_000)
    },
  )

  for (const mode of SOCKET_MODES) {
    ours(`of a client beyond the limit end its WebSocket with 1009, ${mode}`, async () => {
      const { client, origin } = await flow.open(mode)
      client.send('x'.repeat(MAX_BYTES + 1))
      await eventually('the end', () => client.heard.length > 0)
      expect(client.heard[0]).toMatch(/^close 1009/)
      await origin.hears('drop')
    })
  }
})

describeFlows('compression', () => {
  ours('is agreed on with each side by itself', async () => {
    const packed = await opened('/echo', true)
    const plain = await opened('/echo', false)
    expect(packed.socket.extensions).toBe('permessage-deflate')
    expect(plain.socket.extensions).toBe('')
    for (const client of [packed, plain]) {
      client.send('x'.repeat(1000))
      client.socket.send(Buffer.from([0, 1]))
      await client.hears(`text ${'x'.repeat(1000)}`, 'binary 0001')
    }
  })

  ours('with the client leaves an origin over HTTP alone', async () => {
    const { client, origin, tell } = await flow.open('over HTTP', {}, { deflate: true })
    expect(client.socket.extensions).toBe('permessage-deflate')
    client.send('hello')
    await origin.hears('text hello')
    tell(text('m:you'))
    await client.hears('text you')
  })
})

describeFlows('an origin that misbehaves', () => {
  ours('by ending the connection before it answers is left for the next (Q4)', async () => {
    const { client, tell } = await flow.open('native', {}, { under: '/hasty' })
    tell(text('m:hi'))
    await client.hears('text hi')
  })

  ours('by its silence is answered for with 504', async () => {
    const answer = await flow.refused('native', {}, { under: '/mute' })
    expect(answer.status).toBe(504)
    expect(answer.body).toBe('Error while proxying to origin.\n')
  })

  ours('by its silence is left when the client leaves', async () => {
    const leftBefore = left
    const client = await sendHandshake(flow.server.port, { target: '/native/mute/x' })
    client.destroy()
    // Sooner than origin_timeout would end it.
    await eventually('the end at the origin', () => left > leftBefore, 1_500)
  })

  ours.each([
    ['a masked frame', encodeFrame(1, 'x'), 1002],
    ['reserved bits', encodeFrame(1, 'x', { isMasked: false, reserved: 2 }), 1002],
    [
      'a frame of 2^63 bytes',
      encodeFrame(2, '', { isMasked: false, length: { value: 1n << 63n, bytes: 8 } }),
      1009,
    ],
    [
      'a message beyond the limit',
      encodeFrame(2, '', { isMasked: false, length: { value: BigInt(MAX_BYTES + 1), bytes: 8 } }),
      1009,
    ],
    ['text that is not UTF-8', encodeFrame(1, Buffer.from([0xff]), { isMasked: false }), 1007],
  ])('by sending %s is told so, and the client that the origin is lost', async (_, bytes, code) => {
    hostileBytes = Buffer.concat([encodeFrame(1, 'fine', { isMasked: false }), bytes])
    hostileGot = Buffer.alloc(0)
    const client = await opened('/hostile')
    await client.hears('text fine', 'close 1011 connection to origin lost')
    await eventually('a Close', () => hostileGot.length === 8)
    const mask = hostileGot.subarray(2, 6)
    expect(((hostileGot[6]! ^ mask[0]!) << 8) | (hostileGot[7]! ^ mask[1]!)).toBe(code)
  })
})

describeFlows('a client that misbehaves', () => {
  for (const mode of SOCKET_MODES) {
    it(`by not waiting for the answer to its handshake is heard, ${mode}`, async () => {
      const path = flow.origin.script({}, mode === 'native' ? '/native' : '/http')
      const early = Buffer.concat([encodeFrame(1, 'early'), encodeFrame(2, Buffer.of(1))])
      const client = await sendHandshake(flow.server.port, { target: path, early })
      const origin = await flow.origin.opened(path)
      await origin.hears('text early', 'binary 01')
      client.destroy()
    })
  }

  for (const mode of SOCKET_MODES) {
    ours(`is told so, and its origin that it is gone, ${mode}`, async () => {
      const { client, origin } = await flow.open(mode)
      const { _socket: socket } = client.socket as unknown as { _socket: ReturnType<typeof connectSocket> }
      socket.write(encodeFrame(3, 'no such frame'))
      await eventually('the end', () => client.heard.length > 0)
      expect(client.heard[0]).toMatch(/^close 1002/)
      await origin.hears('drop')
    })
  }
})
