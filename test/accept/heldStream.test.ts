import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HeldStream } from '../../src/accept/heldStream.ts'
import type { StreamFraming } from '../../src/edges/client.ts'
import { loopbackTurn } from '../support/loopback.ts'
import { eventually } from '../support/waiting.ts'

/** More than the buffers of both ends of a loopback connection take. */
const TOO_MUCH = 8 * 1024 * 1024

let isDirect = true
vi.mock('../../src/accept/directWrite.ts', async (load) => {
  const real = await load<typeof import('../../src/accept/directWrite.ts')>()
  const createDirectWriter: typeof real.createDirectWriter = (socket, owner) =>
    isDirect
      ? real.createDirectWriter(socket, owner)
      : new real.DirectWriter(socket, owner, { handle: undefined })
  return { ...real, createDirectWriter }
})

let server: Server
let client: Socket
const received: Buffer[] = []
/** What this test's stream and client were told. */
let calls: string[]

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  received.length = 0
  calls = []
})

afterEach(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
})

/** Opens a connection whose server side is a held stream. The client does not read before it is told to. */
async function hold(framing: StreamFraming = 'raw'): Promise<{ stream: HeldStream; socket: Socket }> {
  const accepted = once(server, 'connection')
  client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => calls.push('client error'))
  client.on('end', () => calls.push('client end'))
  const [socket] = (await accepted) as [Socket]
  const stream = new HeldStream(socket, framing)
  const own = calls
  stream.owner = {
    onStreamClose: () => own.push('close'),
    onStreamDrain: () => own.push('drain'),
  }
  return { stream, socket }
}

function read(): void {
  client.on('data', (chunk) => received.push(chunk))
}

function bytesReceived(): number {
  return received.reduce((sum, { length }) => sum + length, 0)
}

/** Writes numbered lines until that much has been written, and returns them. */
function writeLines(stream: HeldStream, size: number, lineBytes: number): string {
  let text = ''
  for (let i = 0; text.length < size; i++) {
    const line = `${i}:`.padEnd(lineBytes - 1, '.').concat('\n')
    stream.write(Buffer.from(line))
    text += line
  }
  return text
}

describe.each([
  ['past the stream machinery', true],
  ['through the socket', false],
])('a held stream written %s', (_, direct) => {
  beforeEach(() => {
    isDirect = direct
  })

  it('sends what is written at once, and then has nothing queued', async () => {
    const { stream } = await hold()
    read()
    stream.write(Buffer.from('one'))
    stream.write(Buffer.from('two'))
    await eventually('both', () => Buffer.concat(received).toString() === 'onetwo')
    expect(stream.bytesQueued).toBe(0)
    expect(stream.peerAddress).toBe('127.0.0.1')
  })

  it.each([100_000, 3_000, TOO_MUCH])(
    'keeps every byte in order for a client that reads late, in writes of %d',
    async (size) => {
      const { stream } = await hold()
      const text = writeLines(stream, TOO_MUCH, size)
      await eventually('something is queued', () => stream.bytesQueued > 0)
      expect(calls).not.toContain('drain')
      read()
      await eventually('all bytes', () => bytesReceived() === text.length)
      expect(Buffer.concat(received).toString() === text).toBe(true)
      await eventually('nothing queued', () => stream.bytesQueued === 0)
      expect(calls).toContain('drain')
    },
  )

  it('says that it has drained also when the last bytes that waited were few', async () => {
    const { stream } = await hold()
    writeLines(stream, TOO_MUCH, TOO_MUCH)
    stream.write(Buffer.from('few'))
    await eventually('something is queued', () => stream.bytesQueued > 0)
    read()
    await eventually('the drain', () => calls.includes('drain'))
    expect(stream.bytesQueued).toBe(0)
    const drains = calls.length
    stream.write(Buffer.from('more'))
    await eventually('all bytes', () => bytesReceived() === TOO_MUCH + 'fewmore'.length)
    if (direct) expect(calls.length).toBe(drains)
  })

  it('can be written to again in the moment it drains', async () => {
    const { stream } = await hold()
    stream.owner!.onStreamDrain = () => {
      stream.owner!.onStreamDrain = () => {}
      stream.write(Buffer.from('refill'))
    }
    writeLines(stream, TOO_MUCH, TOO_MUCH)
    read()
    await eventually('all bytes', () => bytesReceived() === TOO_MUCH + 'refill'.length)
    expect(Buffer.concat(received).subarray(-6).toString()).toBe('refill')
  })

  it('ended while bytes wait sends them and then its end', async () => {
    const { stream } = await hold('chunked')
    const text = writeLines(stream, TOO_MUCH, 500_000)
    stream.end()
    stream.write(Buffer.from('too late'))
    stream.end()
    await eventually('something is queued', () => stream.bytesQueued > 0)
    read()
    await eventually('the end', () => calls.includes('client end'))
    expect(Buffer.concat(received).toString() === `${text}0\r\n\r\n`).toBe(true)
    await eventually('the close', () => calls.includes('close'))
    expect(calls.filter((call) => call === 'close').length).toBe(1)
  })

  it('without chunks just ends', async () => {
    const { stream } = await hold('raw')
    read()
    stream.write(Buffer.from('x'))
    stream.end()
    await eventually('the end', () => calls.includes('client end'))
    expect(Buffer.concat(received).toString()).toBe('x')
  })

  it('destroyed while bytes wait is seen as broken', async () => {
    const { stream } = await hold('chunked')
    writeLines(stream, TOO_MUCH, 500_000)
    stream.destroy()
    stream.write(Buffer.from('too late'))
    stream.end()
    await eventually('the close', () => calls.includes('close'))
    read()
    await eventually('the failure', () => calls.includes('client error'))
    expect(calls).not.toContain('client end')
    expect(calls.filter((call) => call === 'close').length).toBe(1)
  })

  it.each([
    ['ends its side', (socket: Socket) => void socket.end()],
    ['closes', (socket: Socket) => void socket.destroy()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
  ])('hears once of a client that %s, and takes writes without harm', async (__, leave) => {
    const { stream, socket } = await hold()
    // On its way when the client leaves: the write after it meets a connection that is gone.
    stream.write(Buffer.alloc(100_000))
    leave(client)
    await eventually('the close', () => {
      stream.write(Buffer.from('x'))
      return calls.includes('close')
    })
    stream.write(Buffer.from('x'))
    stream.end()
    stream.destroy()
    await loopbackTurn()
    expect(calls.filter((call) => call === 'close').length).toBe(1)
    expect(socket.destroyed).toBe(true)
  })

  it('drops what the client sends', async () => {
    const { stream, socket } = await hold()
    read()
    client.write(Buffer.alloc(1_000_000))
    await eventually('everything is read', () => socket.bytesRead === 1_000_000)
    stream.write(Buffer.from('x'))
    await eventually('the byte', () => bytesReceived() === 1)
    expect(calls).not.toContain('close')
  })
})
