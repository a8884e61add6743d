/** WebSocket clients of bench/hostile.mjs that break the protocol or flood the server. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'

const MIB = 1024 * 1024
const OPCODE = { continuation: 0, text: 1, binary: 2, ping: 9 }
const LIMIT_MS = 20_000
const HEAD = [
  'GET /socket HTTP/1.1',
  'Host: h',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate',
]

/** A frame with a mask of zeros. */
function frame(first, content = Buffer.alloc(0)) {
  const length = Buffer.alloc(9)
  length[0] = 0x80 | 127
  length.writeBigUInt64BE(BigInt(content.length), 1)
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), content])
}

const FINAL = 0x80
const COMPRESSED = 0x40

const repeated = (bytes, count) => Buffer.concat(Array(count).fill(bytes))

/** What each sends, and whether again and again. */
const ATTACKS = {
  'an unmasked frame': { bytes: Buffer.from([FINAL | OPCODE.text, 1, 0x78]) },
  'a frame of 2^63 bytes': {
    bytes: Buffer.concat([
      Buffer.from([FINAL | OPCODE.binary, 0xff, 0x80]),
      Buffer.alloc(7),
      Buffer.alloc(4),
      Buffer.alloc(100),
    ]),
  },
  'a flood of fragments': {
    first: frame(OPCODE.text),
    bytes: repeated(frame(OPCODE.continuation, Buffer.from('x')), 1000),
    isFlood: true,
  },
  'a flood of pings whose answers are not read': {
    bytes: repeated(frame(FINAL | OPCODE.ping, Buffer.alloc(125)), 1000),
    isFlood: true,
    isDeaf: true,
  },
  '64 MB deflated to 64 KB': {
    bytes: frame(FINAL | COMPRESSED | OPCODE.binary, deflateRawSync(Buffer.alloc(64 * MIB))),
  },
}

export const SOCKET_ATTACKS = Object.keys(ATTACKS)

/** Opens a WebSocket and attacks by it; tells how it ended, when, and how much more memory the server had at the most. */
export async function attack({ port, memoryBytes, inMib }, name) {
  const { first, bytes, isFlood = false, isDeaf = false } = ATTACKS[name]
  const socket = connect(port, '127.0.0.1')
  let heard = Buffer.alloc(0)
  let isOver = false
  socket.on('error', () => {})
  socket.on('close', () => {
    isOver = true
  })
  socket.on('data', (chunk) => {
    heard = Buffer.concat([heard, chunk]).subarray(-1000)
  })
  socket.write(`${HEAD.join('\r\n')}\r\n\r\n`)
  while (!heard.includes('\r\n\r\n') && !isOver) await sleep(5)
  const before = memoryBytes()
  let most = before
  const beganMs = performance.now()
  if (isDeaf) socket.pause()
  if (first !== undefined) socket.write(first)
  socket.write(bytes)
  while (!isOver && performance.now() - beganMs < LIMIT_MS) {
    if (isFlood && socket.writableLength < MIB) socket.write(bytes)
    most = Math.max(most, memoryBytes())
    await sleep(5)
  }
  const took = `${((performance.now() - beganMs) / 1000).toFixed(1)} s`
  socket.destroy()
  return `${isOver ? `${closeOf(heard)} after ${took}` : `still open after ${took}`}, ${inMib(most - before)} more memory`
}

/** The Close frame at the end of what was heard. */
function closeOf(heard) {
  const at = heard.lastIndexOf(0x88)
  return at >= 0 && heard.length >= at + 4 ? `Close ${heard.readUInt16BE(at + 2)}` : 'broken off'
}
