import { constants, inflateRawSync } from 'node:zlib'
import { expect } from 'vitest'
import { type FrameClient, openSocket } from '../../support/frameClient.ts'
import { encodeClose, type Frame, Opcode } from '../../support/frames.ts'
import { passTime } from '../../support/waiting.ts'
import { describeFrame, type Scenario, type Step } from './scenario.ts'

/** Longer than anything here takes; a server that waits for more would never go on. */
const TIMEOUT_MS = 10_000

/** How long a write is left alone, so that it arrives by itself. */
const FLUSH_MS = 5

const NO_CODE = 1005

/** Plays a scenario against a server and checks what comes of it. */
export async function play(port: number, scenario: Scenario, fields = ''): Promise<void> {
  const client = await openSocket(port, { fields })
  try {
    await send(client, scenario.sends)
    if (scenario.end === 'client') await endAsClient(client, scenario)
    else await endAsServer(client, scenario, scenario.end)
  } finally {
    client.destroy()
  }
}

async function send(client: FrameClient, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step === 'flush') await passTime(FLUSH_MS)
    else if (Buffer.isBuffer(step)) client.send(step)
    else await client.sendInPieces(step.bytes, step.pieceBytes)
  }
}

async function endAsClient(client: FrameClient, { gets }: Scenario): Promise<void> {
  const messages = new MessageReader()
  while (messages.words.length < gets.length) messages.take(await client.next(TIMEOUT_MS))
  expect(messages.words).toEqual(gets)
  client.send(encodeClose(1000))
  const rest = await client.rest(TIMEOUT_MS)
  expect(rest.map(({ opcode }) => opcode)).toEqual([Opcode.close])
  expect(codeOf(rest[0]!)).toBe(1000)
}

async function endAsServer(
  client: FrameClient,
  { gets, mayMiss = false }: Scenario,
  codes: readonly number[],
): Promise<void> {
  const frames = await client.rest(TIMEOUT_MS)
  const messages = new MessageReader()
  for (const frame of frames.slice(0, -1)) messages.take(frame)
  if (!mayMiss || messages.words.length > 0) expect(messages.words).toEqual(gets)
  expect(frames.at(-1)?.opcode).toBe(Opcode.close)
  expect(codes).toContain(codeOf(frames.at(-1)!))
}

function codeOf({ content }: Frame): number {
  return content.length === 0 ? NO_CODE : content.readUInt16BE(0)
}

const KINDS = {
  [Opcode.text]: 'text',
  [Opcode.binary]: 'binary',
  [Opcode.ping]: 'ping',
  [Opcode.pong]: 'pong',
} as const

/** Puts frames together to messages, as strictly as RFC 6455 §5.4 and RFC 7692 §6 want. */
export class MessageReader {
  readonly words: string[] = []
  #parts: Buffer[] = []
  #opcode: number | undefined
  #isDeflated = false

  take({ opcode, isFinal, reserved, content }: Frame): void {
    if (opcode >= Opcode.close) {
      expect([isFinal, reserved]).toEqual([true, 0])
      this.#keep(opcode, content)
      return
    }
    expect(opcode === Opcode.continuation).toBe(this.#opcode !== undefined)
    expect(opcode === Opcode.continuation ? [0] : [0, 4]).toContain(reserved)
    if (opcode !== Opcode.continuation) {
      this.#opcode = opcode
      this.#isDeflated = reserved === 4
    }
    this.#parts.push(content)
    if (isFinal) this.#finish()
  }

  #finish(): void {
    const content = Buffer.concat(this.#parts)
    this.#keep(this.#opcode!, this.#isDeflated ? inflate(content) : content)
    this.#parts = []
    this.#opcode = undefined
  }

  #keep(opcode: number, content: Buffer): void {
    const kind = KINDS[opcode as keyof typeof KINDS]
    expect(kind).toBeDefined()
    this.words.push(describeFrame(kind, content))
  }
}

/** RFC 7692 §7.2.2. */
function inflate(content: Buffer): Buffer {
  const tail = Buffer.from([0x00, 0x00, 0xff, 0xff])
  return inflateRawSync(Buffer.concat([content, tail]), { finishFlush: constants.Z_SYNC_FLUSH })
}
