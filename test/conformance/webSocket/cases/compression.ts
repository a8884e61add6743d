import { binary, text } from '../scenario.ts'

const KIB = 1024

/** One case of permessage-deflate: messages that go to the echo and come back, compressed on each way. */
export interface CompressionCase {
  readonly id: string
  readonly title: string
  /** What the client offers. */
  readonly offer: string
  /** Whether we can take it. */
  readonly isTaken: boolean
  readonly kind: 'text' | 'binary'
  readonly messages: readonly Buffer[]
  /** Bytes of the fragments into which the client cuts its compressed messages. */
  readonly fragmentBytes: number
}

const WHOLE = Number.POSITIVE_INFINITY

/** Size of the messages, and of their fragments. */
const SHAPES: readonly (readonly [bytes: number, fragmentBytes: number])[] = [
  ...[16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB].map(
    (bytes) => [bytes, WHOLE] as const,
  ),
  ...[8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB].map((bytes) => [bytes, 256] as const),
  ...[KIB, 4 * KIB, 32 * KIB].map((fragmentBytes) => [128 * KIB, fragmentBytes] as const),
]

/** The Autobahn suite sends 1000 messages in each case; these are as many as make so many bytes, of which at least two. */
const BYTES_OF_A_CASE = 64 * KIB
const MAX_MESSAGES = 100

/** A generator of bytes that look like chance and are the same each time. */
function noise(length: number): Buffer {
  let state = 1
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state >>> 24
    }),
  )
}

/** What is sent: as in the suite, data of programs, bytes that hardly compress, and text of people. */
const MATERIALS: readonly {
  readonly name: string
  readonly kind: 'text' | 'binary'
  readonly source: Buffer
}[] = [
  {
    name: 'JSON',
    kind: 'text',
    source: Buffer.from(
      JSON.stringify(
        Array.from({ length: 3000 }, (_, i) => ({ id: i, name: `item ${i * 7}`, tags: ['a', `b${i % 9}`] })),
      ),
    ),
  },
  { name: 'bytes like chance', kind: 'binary', source: noise(160 * KIB) },
  { name: 'bytes of few kinds', kind: 'binary', source: noise(160 * KIB).map((byte) => byte & 3) as Buffer },
  {
    name: 'plain text',
    kind: 'text',
    source: Buffer.from(Array.from({ length: 30_000 }, (_, i) => `word${(i * i) % 211} `).join('')),
  },
  {
    name: 'text of many-byte characters',
    kind: 'text',
    source: Buffer.from(
      Array.from({ length: 30_000 }, (_, i) => String.fromCodePoint(0x400 + ((i * i) % 97)))
        .join('')
        .repeat(3),
    ),
  },
]

/** Messages of nearly so many bytes, each from another place of the source, cut between characters where they are text. */
function messagesOf(source: Buffer, bytes: number, kind: 'text' | 'binary'): Buffer[] {
  const count = Math.min(Math.max(Math.floor(BYTES_OF_A_CASE / bytes), 2), MAX_MESSAGES)
  return Array.from({ length: count }, (_, i) => {
    const start = (i * 1009) % (source.length - bytes)
    const content = source.subarray(start, start + bytes)
    return kind === 'binary' ? content : Buffer.from(content.toString().replaceAll('\ufffd', ''))
  })
}

function casesOf(
  section: string,
  material: (typeof MATERIALS)[number],
  negotiation: { readonly offer: string; readonly isTaken: boolean },
): CompressionCase[] {
  return SHAPES.map(([bytes, fragmentBytes], i) => {
    const { kind, source, name } = material
    const cut = fragmentBytes === WHOLE ? '' : ` in fragments of ${fragmentBytes}`
    return {
      id: `${section}.${i + 1}`,
      title: `${name}, ${bytes} bytes${cut}`,
      ...negotiation,
      kind,
      messages: messagesOf(source, bytes, kind),
      fragmentBytes,
    }
  })
}

const PLAIN_OFFER = { offer: 'permessage-deflate', isTaken: true }

/** RFC 7692 §7.2: all kinds of content. */
export const contents: readonly CompressionCase[] = MATERIALS.flatMap((material, i) => {
  return casesOf(`12.${i + 1}`, material, PLAIN_OFFER)
})

/** A smaller window of ours is declined, as by Pushpin: a compressed frame is made once for all clients. */
const NEGOTIATIONS: readonly { readonly offer: string; readonly isTaken: boolean }[] = [
  { offer: 'permessage-deflate; client_max_window_bits', isTaken: true },
  { offer: 'permessage-deflate; server_no_context_takeover; client_max_window_bits', isTaken: true },
  { offer: 'permessage-deflate; server_max_window_bits=9; client_max_window_bits', isTaken: false },
  { offer: 'permessage-deflate; server_max_window_bits=15; client_max_window_bits', isTaken: true },
  {
    offer: 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits',
    isTaken: false,
  },
  {
    offer:
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=15; client_max_window_bits',
    isTaken: true,
  },
  {
    offer:
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits, ' +
      'permessage-deflate; server_no_context_takeover; client_max_window_bits, ' +
      'permessage-deflate; client_max_window_bits',
    isTaken: true,
  },
]

/** RFC 7692 §7.1: all kinds of offers. */
export const negotiation: readonly CompressionCase[] = NEGOTIATIONS.flatMap((offered, i) => {
  return casesOf(`13.${i + 1}`, MATERIALS[0]!, offered)
})

/** Encodes the first frame of a message. */
export const FIRST_FRAME = { text, binary }
