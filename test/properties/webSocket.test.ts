import { constants, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startListener } from '../accept/support.ts'
import { createTestSockets, DEFLATE_OFFER, SWITCHING } from '../accept/webSocket/support.ts'
import { type FrameClient, sendHandshake } from '../support/frameClient.ts'
import { encodeClose, encodeFrame, Opcode } from '../support/frames.ts'
import { describeMessage, RecordingOwner } from '../support/recordingOwner.ts'
import { eventually } from '../support/waiting.ts'

const RUNS = 80

interface Message {
  readonly kind: 'text' | 'binary'
  readonly content: Buffer
  /** Where it is cut into fragments, as parts of its length. */
  readonly cuts: readonly number[]
  readonly isDeflated: boolean
  /** Content of a ping before each fragment but the first. */
  readonly ping: string | undefined
}

const message: fc.Arbitrary<Message> = fc.record({
  kind: fc.constantFrom('text', 'binary'),
  content: fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  isDeflated: fc.boolean(),
  ping: fc.option(fc.string({ maxLength: 10 }), { nil: undefined }),
})

function deflate(content: Buffer): Buffer {
  return deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
}

/** The frames of a message, and what its receiver is to hear of them. */
function encode({ kind, content, cuts, isDeflated, ping }: Message): { wire: Buffer; heard: string[] } {
  const bytes = isDeflated ? deflate(content) : content
  const ends = [...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length]
  const frames = ends.map((end, i) => {
    const opcode = i === 0 ? Opcode[kind] : Opcode.continuation
    const options = { isFinal: i === ends.length - 1, reserved: i === 0 && isDeflated ? 4 : 0 }
    const frame = encodeFrame(opcode, bytes.subarray(i === 0 ? 0 : ends[i - 1], end), options)
    return i === 0 || ping === undefined ? frame : Buffer.concat([encodeFrame(Opcode.ping, ping), frame])
  })
  const pings = ping === undefined ? [] : Array.from(cuts, () => `ping ${ping}`)
  return { wire: Buffer.concat(frames), heard: [...pings, describeMessage(kind, content)] }
}

/** Writes the bytes in parts, each a write of its own. */
async function sendInParts(client: FrameClient, bytes: Buffer, parts: readonly number[]): Promise<void> {
  const places = parts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b)
  let start = 0
  for (const end of [...places, bytes.length]) {
    client.send(bytes.subarray(start, end))
    start = end
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function useListener() {
  const listener = await startListener(() => {}, { sockets: createTestSockets({ maxMessageBytes: 10_000 }) })
  return async () => {
    const client = await sendHandshake(listener.port, { fields: DEFLATE_OFFER })
    const socket = (await listener.handshake()).handshake.accept(SWITCHING)
    listener.handshakes.length = 0
    const owner = new RecordingOwner()
    socket.owner = owner
    return { client, socket, owner, connectionCount: () => listener.connectionCount() }
  }
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })

test('messages arrive whole however they are fragmented, compressed and split', async () => {
  const open = await useListener()
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 6 }), places, async (messages, parts) => {
      const { client, owner, socket } = await open()
      const encoded = messages.map(encode)
      const end = encodeClose(1000, 'end')
      await sendInParts(client, Buffer.concat([...encoded.map(({ wire }) => wire), end]), parts)
      await eventually('the Close', () => owner.received.at(-1) === 'close 1000 end')
      expect(owner.received).toEqual([...encoded.flatMap(({ heard }) => heard), 'close 1000 end'])
      socket.destroy()
      client.destroy()
    }),
    { numRuns: RUNS },
  )
}, 60_000)

test('an owner that pauses after each message hears the same', async () => {
  const open = await useListener()
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 6 }), places, async (messages, parts) => {
      const { client, owner, socket } = await open()
      owner.onMessage = (type, content) => {
        RecordingOwner.prototype.onMessage.call(owner, type, content)
        socket.pause()
        setImmediate(() => socket.resume())
      }
      const encoded = messages.map(encode)
      const end = encodeClose(1000, 'end')
      await sendInParts(client, Buffer.concat([...encoded.map(({ wire }) => wire), end]), parts)
      await eventually('the Close', () => owner.received.at(-1) === 'close 1000 end')
      expect(owner.received).toEqual([...encoded.flatMap(({ heard }) => heard), 'close 1000 end'])
      socket.destroy()
      client.destroy()
    }),
    { numRuns: RUNS },
  )
}, 60_000)

test('whatever bytes come, the socket stays open or ends with a code that says why', async () => {
  const open = await useListener()
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.array(message, { maxLength: 3 }).chain((messages) => {
      const wire = Buffer.concat([encodeFrame(Opcode.ping), ...messages.map((one) => encode(one).wire)])
      // One bit turned over, in a head, a mask or a content.
      return fc.nat({ max: wire.length * 8 - 1 }).map((bit) => {
        const turned = Buffer.from(wire)
        turned[bit >> 3]! ^= 1 << (bit & 7)
        return turned
      })
    }),
  )
  await fc.assert(
    fc.asyncProperty(bytes, places, async (sent, parts) => {
      const { client, owner, socket } = await open()
      owner.onClose = (code, reason) => socket.close(code, reason)
      await client.answered()
      await sendInParts(client, sent, parts)
      client.socket.end()
      await owner.gone()
      const close = client.frames.find(({ opcode }) => opcode === Opcode.close)
      if (owner.fault !== undefined) expect(owner.fault.code).toBe('SOCKET_BROKEN')
      if (close !== undefined && owner.fault !== undefined)
        expect([1002, 1007, 1008, 1009]).toContain(close.content.readUInt16BE(0))
      client.destroy()
    }),
    { numRuns: RUNS },
  )
}, 60_000)
