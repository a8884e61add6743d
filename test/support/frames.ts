import { randomBytes } from 'node:crypto'

/** RFC 6455 §5.2. */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame as it stood on the wire. */
export interface Frame {
  readonly opcode: number
  readonly isFinal: boolean
  /** The three reserved bits as a number: RSV1 is 4. */
  readonly reserved: number
  readonly content: Buffer
}

export interface FrameOptions {
  readonly isFinal?: boolean
  readonly reserved?: number
  readonly isMasked?: boolean
  /** What the head says of the content's length, where that is a lie; and in how many bytes. */
  readonly length?: { readonly value: bigint; readonly bytes: 1 | 2 | 8 }
}

/** Encodes a frame as a client sends it, right or wrong. */
export function encodeFrame(
  opcode: number,
  content: string | Buffer = '',
  options: FrameOptions = {},
): Buffer {
  const { isFinal = true, reserved = 0, isMasked = true } = options
  const bytes = Buffer.from(content)
  const first = Buffer.from([(isFinal ? 0x80 : 0) | (reserved << 4) | opcode])
  const length = encodeLength(options.length ?? shortest(bytes.length))
  length[0]! |= isMasked ? 0x80 : 0
  if (!isMasked) return Buffer.concat([first, length, bytes])
  const mask = randomBytes(4)
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= mask[i % 4]!
  return Buffer.concat([first, length, mask, bytes])
}

/** Encodes a Close frame. */
export function encodeClose(code?: number, reason: string | Buffer = '', options: FrameOptions = {}): Buffer {
  return encodeFrame(Opcode.close, closeContent(code, reason), options)
}

/** What stands in a Close frame. */
export function closeContent(code?: number, reason: string | Buffer = ''): Buffer {
  if (code === undefined) return Buffer.from(reason)
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
}

/** Takes the first whole frame from what a server has sent; where none is there yet, tells how many bytes there must be. */
export function decodeFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | { needs: number } {
  if (bytes.length < 2) return { needs: 2 }
  const [first, second] = [bytes[0]!, bytes[1]!]
  if ((second & 0x80) !== 0) throw new Error('a server must not mask')
  const short = second & 0x7f
  const headBytes = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < headBytes) return { needs: headBytes }
  const length =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
  const end = headBytes + length
  if (bytes.length < end) return { needs: end }
  const frame = {
    opcode: first & 0x0f,
    isFinal: (first & 0x80) !== 0,
    reserved: (first >> 4) & 7,
    content: bytes.subarray(headBytes, end),
  }
  return { frame, rest: bytes.subarray(end) }
}

function shortest(length: number): { value: bigint; bytes: 1 | 2 | 8 } {
  return { value: BigInt(length), bytes: length > 65_535 ? 8 : length > 125 ? 2 : 1 }
}

function encodeLength({ value, bytes }: { value: bigint; bytes: 1 | 2 | 8 }): Buffer {
  if (bytes === 1) return Buffer.from([Number(value)])
  const encoded = Buffer.alloc(1 + bytes, bytes === 2 ? 126 : 127)
  if (bytes === 2) encoded.writeUInt16BE(Number(value), 1)
  else encoded.writeBigUInt64BE(value, 1)
  return encoded
}
