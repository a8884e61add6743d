import { connect, type TLSSocket } from 'node:tls'
import { within } from '../../support/waiting.ts'

/** What a client begins with. RFC 9113 §3.4. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7 } as const
const END_STREAM = 1
const END_HEADERS = 4
const ACK = 1

/** `:status: 200` as HPACK has it. RFC 7541 appendix A. */
const STATUS_200 = 0x88

export type Fields = readonly (readonly [name: string, value: string])[]

/** A request in frames: its fields, its body, and what comes behind that. */
export interface Http2Message {
  readonly fields: Fields
  /** Parts of DATA frames. */
  readonly body?: readonly string[]
  readonly trailers?: Fields
}

/** How a stream ended. */
export type Http2Outcome = 'answered 200' | 'answered otherwise' | 'reset' | 'connection ended'

/** Writes a frame. RFC 9113 §4.1. */
export function frame(
  type: number,
  flags: number,
  { stream, payload }: { stream: number; payload: Buffer },
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Writes fields as literals, whatever is in them. RFC 7541 §6.2.2. */
export function encodeFields(fields: Fields): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'latin1')
    return Buffer.concat([encodeLength(bytes.length), bytes])
  }
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

/** RFC 7541 §5.1, with a prefix of 7 bits. */
function encodeLength(length: number): Buffer {
  if (length < 127) return Buffer.from([length])
  const bytes = [127]
  for (let rest = length - 127; ; rest >>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

/** Sends one request on a connection of its own and tells how its stream ends. */
export async function sendHttp2(
  port: number,
  message: Http2Message | { readonly frames: Buffer },
): Promise<Http2Outcome> {
  const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
  try {
    return await within(outcomeOf(socket, message), 5000, () => 'the end of the stream')
  } finally {
    socket.destroy()
  }
}

function outcomeOf(
  socket: TLSSocket,
  message: Http2Message | { readonly frames: Buffer },
): Promise<Http2Outcome> {
  return new Promise((resolve) => {
    let unread: Buffer = Buffer.alloc(0)
    let answer: Http2Outcome = 'answered otherwise'
    socket.on('secureConnect', () => socket.write(requestFrames(message)))
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
        const end = 9 + unread.readUIntBE(0, 3)
        const [type, flags] = [unread[3]!, unread[4]!]
        const isOfStream = unread.readUInt32BE(5) === 1
        if (type === TYPE.headers && isOfStream && unread[9] === STATUS_200) answer = 'answered 200'
        if (type === TYPE.goAway) resolve('connection ended')
        if (type === TYPE.reset && isOfStream) resolve('reset')
        if (type <= TYPE.headers && isOfStream && flags & END_STREAM) resolve(answer)
        unread = unread.subarray(end)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve('connection ended'))
  })
}

/** `frames` are of stream 1, as they are. */
function requestFrames(message: Http2Message | { readonly frames: Buffer }): Buffer {
  const beginning = [
    PREFACE,
    frame(TYPE.settings, 0, { stream: 0, payload: Buffer.alloc(0) }),
    frame(TYPE.settings, ACK, { stream: 0, payload: Buffer.alloc(0) }),
  ]
  return Buffer.concat([...beginning, 'frames' in message ? message.frames : messageFrames(message)])
}

function messageFrames({ fields, body = [], trailers }: Http2Message): Buffer {
  const isLast = (n: number): number => (n === body.length - 1 && trailers === undefined ? END_STREAM : 0)
  const on = (payload: Buffer) => ({ stream: 1, payload })
  const endsAtOnce = body.length === 0 && trailers === undefined ? END_STREAM : 0
  return Buffer.concat([
    frame(TYPE.headers, END_HEADERS | endsAtOnce, on(encodeFields(fields))),
    ...body.map((part, n) => frame(TYPE.data, isLast(n), on(Buffer.from(part, 'latin1')))),
    ...(trailers === undefined
      ? []
      : [frame(TYPE.headers, END_HEADERS | END_STREAM, on(encodeFields(trailers)))]),
  ])
}
