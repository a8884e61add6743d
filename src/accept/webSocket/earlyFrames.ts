import type { Socket } from 'node:net'
import { breakConnection } from '../breakConnection.ts'

/** An error of `node:http`'s parser. */
interface ParserError extends Error {
  readonly rawPacket?: Buffer
  /** How much of the packet was parsed before the error. */
  readonly bytesParsed?: number
}

/** Bytes that a client may send behind its handshake before that is looked at. */
const MAX_EARLY_BYTES = 65_536

const NONE = Buffer.alloc(0)

/** Set on a Socket: frames that came behind a handshake, on a connection that `node:http` still reads. */
const earlyOf = Symbol('earlyFrames')

interface EarlySocket extends Socket {
  [earlyOf]?: Buffer | undefined
}

/** Expects frames behind a handshake that `node:http` takes for an ordinary request, because its Connection says nothing of it. */
export function expectEarlyFrames(socket: Socket): void {
  ;(socket as EarlySocket)[earlyOf] = NONE
}

/** Keeps frames that the parser could not make anything of; false when none are expected. */
export function keepEarlyFrames(connection: Socket, error: ParserError): boolean {
  const socket = connection as EarlySocket
  const early = socket[earlyOf]
  const { rawPacket, bytesParsed = 0 } = error
  if (early === undefined || rawPacket === undefined) return false
  // The parser goes no further than to the first error: of what comes then it parses nothing, and counts as before.
  const bytes = early === NONE ? rawPacket.subarray(bytesParsed) : rawPacket
  socket[earlyOf] = Buffer.concat([early, bytes])
  if (early.length + rawPacket.length > MAX_EARLY_BYTES) breakConnection(socket)
  return true
}

/** Returns the frames that were kept. */
export function takeEarlyFrames(connection: Socket): Buffer {
  const socket = connection as EarlySocket
  const early = socket[earlyOf] ?? NONE
  socket[earlyOf] = undefined
  return early
}
