import { createHash } from 'node:crypto'
import { encodeFrame, type FrameOptions, Opcode } from '../../support/frames.ts'

/** Something that a client does: writes bytes, at once or in pieces, or lets what it has written arrive by itself. */
export type Step = Buffer | { readonly bytes: Buffer; readonly pieceBytes: number } | 'flush'

/** One case of the suite: what a client sends, and what must come of it behind an origin that echoes messages. */
export interface Scenario {
  /** As the Autobahn suite numbers it. */
  readonly id: string
  readonly title: string
  readonly sends: readonly Step[]
  /** What must come back, in order, in the words of `describeFrame`. */
  readonly gets: readonly string[]
  /** A fault follows what is echoed so closely that the echo may come too late. */
  readonly mayMiss?: boolean
  /**
   * Who ends the connection: the client, with a Close of 1000 once it has got everything; or the server, with one of these codes
   * (1005 stands for an empty Close).
   */
  readonly end: 'client' | readonly number[]
}

/** What may come back. */
export type FrameKind = 'text' | 'binary' | 'ping' | 'pong'

/** Says in a word what came; of long contents their length and a digest. */
export function describeFrame(kind: FrameKind, content: string | Buffer): string {
  const bytes = Buffer.from(content)
  if (bytes.length <= 64) return `${kind} ${kind === 'binary' ? bytes.toString('hex') : bytes.toString()}`
  return `${kind} of ${bytes.length} bytes, ${createHash('sha1').update(bytes).digest('hex')}`
}

export const text = (content: string | Buffer = '', options?: FrameOptions) =>
  encodeFrame(Opcode.text, content, options)
export const binary = (content: string | Buffer = '', options?: FrameOptions) =>
  encodeFrame(Opcode.binary, content, options)
export const more = (content: string | Buffer = '', options?: FrameOptions) =>
  encodeFrame(Opcode.continuation, content, options)
export const ping = (content: string | Buffer = '', options?: FrameOptions) =>
  encodeFrame(Opcode.ping, content, options)
export const pong = (content: string | Buffer = '', options?: FrameOptions) =>
  encodeFrame(Opcode.pong, content, options)

/** A message in fragments of so many bytes. */
export function fragments(kind: 'text' | 'binary', content: Buffer, size: number): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i === 0 || i < content.length; i += size) {
    const isFinal = i + size >= content.length
    const encode = i > 0 ? more : kind === 'text' ? text : binary
    parts.push(encode(content.subarray(i, i + size), { isFinal }))
  }
  return Buffer.concat(parts)
}

/** The same steps in the three ways that the suite has for many of its cases: in one write, frame by frame, byte by byte. */
export function inThreeWays(frames: readonly Buffer[]): readonly (readonly Step[])[] {
  return [
    [Buffer.concat(frames)],
    frames.flatMap((frame): Step[] => [frame, 'flush']),
    [{ bytes: Buffer.concat(frames), pieceBytes: 1 }],
  ]
}

/** A frame that is no end of its message. */
export const OPEN: FrameOptions = { isFinal: false }
