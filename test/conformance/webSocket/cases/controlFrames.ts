import { encodeClose, encodeFrame } from '../../../support/frames.ts'
import { binary, describeFrame, ping, pong, type Scenario, type Step, text } from '../scenario.ts'

const BYTES = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])
const FULL = Buffer.alloc(125, 0xfe)
const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`)

function pinged(id: string, title: string, content: string | Buffer): Scenario {
  return { id, title, sends: [ping(content)], gets: [describeFrame('pong', content)], end: 'client' }
}

/** RFC 6455 §5.5.2, §5.5.3. */
export const pings: readonly Scenario[] = [
  pinged('2.1', 'a ping without content', ''),
  pinged('2.2', 'a ping with text', 'Hello, world!'),
  pinged('2.3', 'a ping with bytes that are no text', BYTES),
  pinged('2.4', 'a ping with 125 bytes', FULL),
  {
    id: '2.5',
    title: 'a ping with 126 bytes',
    sends: [ping(Buffer.alloc(126, 0xfe))],
    gets: [],
    end: [1002],
  },
  {
    id: '2.6',
    title: 'a ping with 125 bytes, byte by byte',
    sends: [{ bytes: ping(FULL), pieceBytes: 1 }],
    gets: [describeFrame('pong', FULL)],
    end: 'client',
  },
  { id: '2.7', title: 'a pong that nobody asked for', sends: [pong()], gets: [], end: 'client' },
  { id: '2.8', title: 'such a pong with content', sends: [pong('unsolicited')], gets: [], end: 'client' },
  {
    id: '2.9',
    title: 'such a pong and then a ping',
    sends: [pong('unsolicited'), ping('ping')],
    gets: ['pong ping'],
    end: 'client',
  },
  {
    id: '2.10',
    title: 'ten pings',
    sends: TEN.map((content) => ping(content)),
    gets: TEN.map((content) => `pong ${content}`),
    end: 'client',
  },
  {
    id: '2.11',
    title: 'ten pings, byte by byte',
    sends: TEN.map((content) => ({ bytes: ping(content), pieceBytes: 1 })),
    gets: TEN.map((content) => `pong ${content}`),
    end: 'client',
  },
]

const HELLO = 'Hello, world!'
const ECHO = `text ${HELLO}`

/** A message, then what is wrong, then a ping that must not be answered. */
function afterMessage(id: string, title: string, wrong: Buffer, ...sends: readonly Step[]): Scenario {
  const steps = sends.length > 0 ? sends : [text(HELLO), wrong, ping()]
  return { id, title, sends: steps, gets: [ECHO], mayMiss: true, end: [1002] }
}

function alone(id: string, title: string, wrong: Buffer): Scenario {
  return { id, title, sends: [wrong], gets: [], end: [1002] }
}

/** The same, frame by frame. */
function flushed(wrong: Buffer): Step[] {
  return [text(HELLO), 'flush', wrong, 'flush', ping()]
}

/** The same, byte by byte. */
function chopped(wrong: Buffer): Step[] {
  return [{ bytes: Buffer.concat([text(HELLO), wrong, ping()]), pieceBytes: 1 }]
}

const reserved = (bits: number) => text(HELLO, { reserved: bits })

/** RFC 6455 §5.2: bits that no extension gives a meaning. */
export const reservedBits: readonly Scenario[] = [
  alone('3.1', 'a message with RSV3', reserved(1)),
  afterMessage('3.2', 'a message with RSV2 behind another', reserved(2)),
  afterMessage('3.3', 'the same with RSV2 and RSV3, frame by frame', reserved(3), ...flushed(reserved(3))),
  afterMessage('3.4', 'the same with RSV1, byte by byte', reserved(4), ...chopped(reserved(4))),
  alone('3.5', 'a binary message with RSV1 and RSV3', binary(BYTES, { reserved: 5 })),
  alone('3.6', 'a ping with RSV1 and RSV2', ping(HELLO, { reserved: 6 })),
  alone('3.7', 'a Close with all three', encodeClose(1000, '', { reserved: 7 })),
]

function opcodes(section: string, first: number): Scenario[] {
  const withContent = (opcode: number) => encodeFrame(opcode, 'reserved opcode payload')
  const name = (opcode: number) => `opcode 0x${opcode.toString(16)}`
  const [a, b, c, d, e] = [first, first + 1, first + 2, first + 3, first + 4] as const
  return [
    alone(`${section}.1`, name(a), encodeFrame(a)),
    alone(`${section}.2`, `${name(b)} with content`, withContent(b)),
    afterMessage(`${section}.3`, `${name(c)} behind a message`, encodeFrame(c)),
    afterMessage(
      `${section}.4`,
      `${name(d)} with content, frame by frame`,
      withContent(d),
      ...flushed(withContent(d)),
    ),
    afterMessage(
      `${section}.5`,
      `${name(e)} with content, byte by byte`,
      withContent(e),
      ...chopped(withContent(e)),
    ),
  ]
}

/** RFC 6455 §5.2: opcodes that are reserved, of data and of control frames. */
export const reservedOpcodes: readonly Scenario[] = [...opcodes('4.1', 3), ...opcodes('4.2', 0xb)]
