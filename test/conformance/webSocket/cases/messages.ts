import { binary, describeFrame, fragments, type Scenario, text } from '../scenario.ts'

const KIB = 1024
const MIB = 1024 * KIB

const SMALL = [0, 125, 126, 127, 128, 65_535, 65_536]
const CHOPPED = { size: 65_536, pieceBytes: 997 }

const kinds = [
  { kind: 'text', encode: text, byte: '*', digit: 1 },
  { kind: 'binary', encode: binary, byte: '\xfe', digit: 2 },
] as const

/** RFC 6455 §5.2: the three forms of a payload's length. */
export const framing: readonly Scenario[] = kinds.flatMap(({ kind, encode, byte, digit }) => {
  const content = (size: number) => Buffer.alloc(size, byte, 'latin1')
  return [
    ...SMALL.map((size, i): Scenario => {
      return {
        id: `1.${digit}.${i + 1}`,
        title: `a ${kind} message of ${size} bytes`,
        sends: [encode(content(size))],
        gets: [describeFrame(kind, content(size))],
        end: 'client',
      }
    }),
    {
      id: `1.${digit}.8`,
      title: `a ${kind} message of ${CHOPPED.size} bytes in pieces of ${CHOPPED.pieceBytes}`,
      sends: [{ bytes: encode(content(CHOPPED.size)), pieceBytes: CHOPPED.pieceBytes }],
      gets: [describeFrame(kind, content(CHOPPED.size))],
      end: 'client',
    },
  ]
})

const LARGE = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB]
const FRAGMENTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB]
const PIECES = [64, 128, 256, 512, 1024, 2048]
const MANY = [0, 16, 64, 256, KIB, 4 * KIB]

/** Messages of one size that go back and forth; the Autobahn suite has 1000. */
const ROUND_TRIPS = 200

/** Large messages and many. */
export const limits: readonly Scenario[] = kinds.flatMap(({ kind, encode, byte, digit }) => {
  const content = (size: number) => Buffer.alloc(size, byte, 'latin1')
  const echo = (id: string, size: number, rest: Pick<Scenario, 'title' | 'sends'>): Scenario => {
    return { id, ...rest, gets: [describeFrame(kind, content(size))], end: 'client' }
  }
  return [
    ...LARGE.map((size, i) => {
      const title = `a ${kind} message of ${size} bytes`
      return echo(`9.${digit}.${i + 1}`, size, { title, sends: [encode(content(size))] })
    }),
    ...FRAGMENTS.map((size, i) => {
      const title = `a ${kind} message of 4 MiB in fragments of ${size} bytes`
      const sends = [fragments(kind, content(4 * MIB), size)]
      return echo(`9.${digit + 2}.${i + 1}`, 4 * MIB, { title, sends })
    }),
    ...PIECES.map((pieceBytes, i) => {
      const title = `a ${kind} message of 1 MiB in pieces of ${pieceBytes} bytes`
      const sends = [{ bytes: encode(content(MIB)), pieceBytes }]
      return echo(`9.${digit + 4}.${i + 1}`, MIB, { title, sends })
    }),
    ...MANY.map((size, i): Scenario => {
      return {
        id: `9.${digit + 6}.${i + 1}`,
        title: `${ROUND_TRIPS} ${kind} messages of ${size} bytes`,
        sends: Array.from({ length: ROUND_TRIPS }, () => encode(content(size))),
        gets: Array.from({ length: ROUND_TRIPS }, () => describeFrame(kind, content(size))),
        end: 'client',
      }
    }),
  ]
})

const AUTO = { size: 65_536, fragmentBytes: 1300 }

/** A library that fragments by itself. */
export const fragmenting: readonly Scenario[] = [
  {
    id: '10.1.1',
    title: `a text message of ${AUTO.size} bytes in fragments of ${AUTO.fragmentBytes}`,
    sends: [fragments('text', Buffer.alloc(AUTO.size, '*'), AUTO.fragmentBytes)],
    gets: [describeFrame('text', Buffer.alloc(AUTO.size, '*'))],
    end: 'client',
  },
]
