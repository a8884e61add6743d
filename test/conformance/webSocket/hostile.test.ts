import { readFileSync } from 'node:fs'
import { constants, deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FrameClient, openSocket } from '../../support/frameClient.ts'
import { encodeFrame, Opcode } from '../../support/frames.ts'
import { type Running, startTarget } from '../../support/target.ts'
import { eventually, passTime } from '../../support/waiting.ts'
import { type EchoOrigin, startEchoOrigin } from './echoOrigin.ts'
import { binary, more, OPEN, ping, text } from './scenario.ts'

const MIB = 1024 * 1024

/** What the server may grow by while it is attacked; much of that is what the collector has not looked at yet. */
const MAX_GROWTH_BYTES = 150 * MIB

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

let origin: EchoOrigin
let server: Running

beforeAll(async () => {
  origin = await startEchoOrigin()
  server = await startTarget({
    routes: [`* ${origin.address}`],
    conf: { runner: { allow_compression: true } },
  })
})
afterAll(async () => {
  await server?.stop()
  await origin?.stop()
})

/** Bytes of memory that the server has had at most since `forgetPeak`. */
function peakBytes(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

/** Attacks over several connections and answers by how much the server has grown at most. */
async function growthIn(count: number, attack: (client: FrameClient) => Promise<void>): Promise<number> {
  const before = peakBytes()
  const clients = await Promise.all(
    Array.from({ length: count }, () => openSocket(server.port, { fields: DEFLATE })),
  )
  await Promise.all(clients.map(attack))
  const after = peakBytes()
  for (const client of clients) client.destroy()
  return after - before
}

/** Waits for the Close that the server ends the attack with, and answers its code. */
async function closeCode(client: FrameClient): Promise<number> {
  const close = (await client.rest(10_000)).find(({ opcode }) => opcode === Opcode.close)
  return close?.content.readUInt16BE(0) ?? 1006
}

async function expectAlive(): Promise<void> {
  const client = await openSocket(server.port)
  client.send(text('still there'))
  expect((await client.next()).content.toString()).toBe('still there')
  client.destroy()
}

describe.runIf(process.platform === 'linux')('a hostile WebSocket client', () => {
  it('with 500,000 empty fragments is closed with 1008, at no cost', async () => {
    const flood = Buffer.concat([text('', OPEN), repeated(more('', OPEN), 500_000)])
    const codes: number[] = []
    const growth = await growthIn(4, async (client) => {
      client.send(flood)
      codes.push(await closeCode(client))
    })
    expect(codes).toEqual([1008, 1008, 1008, 1008])
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES)
    await expectAlive()
  })

  it.each([
    ['2^63 - 1', 2n ** 63n - 1n],
    ['2^63', 2n ** 63n],
    ['16 MiB and a byte', 16n * 1024n * 1024n + 1n],
  ])('that announces a frame of %s bytes is closed with 1009 at once', async (_, value) => {
    const client = await openSocket(server.port)
    client.send(encodeFrame(Opcode.binary, 'x', { length: { value, bytes: 8 } }))
    expect(await closeCode(client)).toBe(1009)
  })

  it('with a bomb of 256 MB in 256 KB is closed with 1009, and nobody pays for it', async () => {
    const bomb = deflateRawSync(Buffer.alloc(256 * MIB), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      -4,
    )
    expect(bomb.length).toBeLessThan(MIB / 3)
    const codes: number[] = []
    const growth = await growthIn(4, async (client) => {
      client.send(binary(bomb, { reserved: 4 }))
      codes.push(await closeCode(client))
    })
    expect(codes).toEqual([1009, 1009, 1009, 1009])
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES)
    await expectAlive()
  })

  it('that pings without reading the pongs is made to wait', async () => {
    const pings = repeated(ping(Buffer.alloc(100, 'x')), 10_000)
    const growth = await growthIn(4, async (client) => {
      client.socket.pause()
      for (let i = 0; i < 100; i++) client.socket.write(pings)
      await untilStuck(client)
      expect(client.socket.writableLength).toBeGreaterThan(pings.length)
    })
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES)
    await expectAlive()
  })

  it('that begins messages and never ends them keeps others from nothing', async () => {
    const growth = await growthIn(20, async (client) => {
      client.send(text(Buffer.alloc(MIB, 'x'), OPEN))
      await eventually('all is sent', () => client.socket.writableLength === 0)
    })
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES)
    await expectAlive()
  })

  it('whose text is no text is closed with 1007, wherever it is split', async () => {
    const broken = Buffer.from('c3a4f09f9880eda080', 'hex')
    for (let split = 1; split < broken.length; split++) {
      const client = await openSocket(server.port)
      client.send(text(broken.subarray(0, split), OPEN))
      await passTime(1)
      client.send(more(broken.subarray(split)))
      expect(await closeCode(client)).toBe(1007)
    }
  })
})

function repeated(frame: Buffer, count: number): Buffer {
  return Buffer.alloc(count * frame.length, frame)
}

/** Waits until the server takes no more of what the client has to send. */
async function untilStuck({ socket }: FrameClient): Promise<void> {
  for (let last = -1; last !== socket.writableLength; ) {
    last = socket.writableLength
    await passTime(300)
  }
}
