import { constants, deflateRawSync } from 'node:zlib'
import { expect } from 'vitest'
import { openSocket } from '../../support/frameClient.ts'
import { encodeClose, Opcode } from '../../support/frames.ts'
import { type CompressionCase, FIRST_FRAME } from './cases/compression.ts'
import { MessageReader } from './player.ts'
import { describeFrame, more } from './scenario.ts'

const TIMEOUT_MS = 10_000

/** What a server may answer to any offer. RFC 7692 §7.1.1. */
const ANSWER =
  'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover'

/** Offers compression, sends the messages in the way agreed on, and checks that they come back. */
export async function playCompressed(port: number, scenario: CompressionCase): Promise<void> {
  const { offer, isTaken, kind, messages } = scenario
  const client = await openSocket(port, { fields: `Sec-WebSocket-Extensions: ${offer}\r\n` })
  try {
    expect(client.head.split('\r\n').filter((line) => /^sec-websocket-ext/i.test(line))).toEqual(
      isTaken ? [ANSWER] : [],
    )
    client.send(...messages.map((content) => encodeMessage(content, scenario)))
    const reader = new MessageReader()
    while (reader.words.length < messages.length) {
      const frame = await client.next(TIMEOUT_MS)
      if (!isTaken) expect(frame.reserved).toBe(0)
      reader.take(frame)
    }
    expect(reader.words).toEqual(messages.map((content) => describeFrame(kind, content)))
    client.send(encodeClose(1000))
    expect((await client.rest(TIMEOUT_MS)).map(({ opcode }) => opcode)).toEqual([Opcode.close])
  } finally {
    client.destroy()
  }
}

/** Without a window that is kept, each message is compressed by itself. RFC 7692 §7.2.1. */
function encodeMessage(content: Buffer, { isTaken, kind, fragmentBytes }: CompressionCase): Buffer {
  const flushed = isTaken ? deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }) : content
  const bytes = isTaken ? flushed.subarray(0, -4) : content
  const reserved = isTaken ? 4 : 0
  const frames: Buffer[] = []
  for (let i = 0; i === 0 || i < bytes.length; i += fragmentBytes) {
    const isFinal = i + fragmentBytes >= bytes.length
    const part = bytes.subarray(i, i + fragmentBytes)
    frames.push(i === 0 ? FIRST_FRAME[kind](part, { isFinal, reserved }) : more(part, { isFinal }))
  }
  return Buffer.concat(frames)
}
