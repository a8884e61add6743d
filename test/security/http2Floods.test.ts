import { connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_CERTIFICATE } from '../support/certificates.ts'
import { freePort } from '../support/freePort.ts'
import { type Running, startTarget } from '../support/target.ts'
import { within } from '../support/waiting.ts'
import { encodeFields, frame, PREFACE, sendHttp2 } from './support/rawHttp2.ts'

let server: Running
let port: number
const sockets: TLSSocket[] = []

beforeAll(async () => {
  port = await freePort()
  server = await startTarget({
    routes: ['* test'],
    conf: { runner: { https_ports: `127.0.0.1:${port}` } },
    files: {
      [`runner/certs/default_${port}.crt`]: DEFAULT_CERTIFICATE.cert,
      [`runner/certs/default_${port}.key`]: DEFAULT_CERTIFICATE.key,
    },
  })
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(() => server?.stop())

const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const CONTINUATION = 9
const END_STREAM = 1
const END_HEADERS = 4
const CANCEL = Buffer.from([0, 0, 0, 8])

const PSEUDO = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'h.test'],
  [':path', '/'],
] as const

const onConnection = (payload: Buffer) => ({ stream: 0, payload })
const onStream = (payload: Buffer) => ({ stream: 1, payload })

/** Sends frames of one kind, which may tell how many were before them, at most so many bytes, and waits until the server ends the connection. */
function flood(
  first: Buffer,
  part: Buffer | ((index: number) => Buffer),
  { maxBytes, reads }: { readonly maxBytes: number; readonly reads: boolean },
): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
  sockets.push(socket)
  let [sent, parts] = [0, 0]
  const nextPart = (): Buffer => (typeof part === 'function' ? part(parts++) : part)
  const ended = new Promise<void>((resolve) => {
    const pour = (): void => {
      while (sent < maxBytes) {
        const batch = Buffer.concat(Array.from({ length: 500 }, nextPart))
        sent += batch.length
        if (!socket.write(batch)) return
      }
    }
    socket.on('secureConnect', () => {
      if (reads) socket.resume()
      socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, onConnection(Buffer.alloc(0))), first]))
      pour()
    })
    socket.on('drain', pour)
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
  })
  return within(ended, 20_000, () => `the end of the connection, after ${sent} bytes`)
}

const nothing = Buffer.alloc(0)

describe('an HTTP/2 connection', () => {
  afterEach(async () => {
    expect(await sendHttp2(port, { fields: PSEUDO })).toBe('answered 200')
  })

  test('whose head goes on in CONTINUATION frames without end is ended', async () => {
    const head = frame(HEADERS, 0, onStream(encodeFields(PSEUDO)))
    const more = frame(CONTINUATION, 0, onStream(encodeFields([['a', 'b']])))
    await flood(head, more, { maxBytes: 20_000_000, reads: true })
  })

  test('whose head goes on in empty CONTINUATION frames is ended', async () => {
    const head = frame(HEADERS, 0, onStream(encodeFields(PSEUDO)))
    await flood(head, frame(CONTINUATION, 0, onStream(nothing)), { maxBytes: 20_000_000, reads: true })
  })

  test('whose client sends SETTINGS without end and reads no answer is ended', async () => {
    await flood(nothing, frame(SETTINGS, 0, onConnection(nothing)), { maxBytes: 60_000_000, reads: false })
  })

  test('whose client sends PING without end and reads no answer is ended', async () => {
    await flood(nothing, frame(PING, 0, onConnection(Buffer.alloc(8))), {
      maxBytes: 60_000_000,
      reads: false,
    })
  })

  test('whose client takes its requests back without end is ended', async () => {
    const fields = encodeFields(PSEUDO)
    const takenBack = (index: number): Buffer => {
      const stream = 2 * index + 1
      const request = frame(HEADERS, END_HEADERS | END_STREAM, { stream, payload: fields })
      return Buffer.concat([request, frame(RST_STREAM, 0, { stream, payload: CANCEL })])
    }
    await flood(nothing, takenBack, { maxBytes: 20_000_000, reads: true })
  })

  test('that sets more values in one SETTINGS frame than there are is ended', async () => {
    const entry = Buffer.from([0, 0x77, 0, 0, 0, 1])
    const setting = (count: number) =>
      frame(SETTINGS, 0, onConnection(Buffer.concat(Array.from({ length: count }, () => entry))))
    const request = frame(HEADERS, END_HEADERS | END_STREAM, onStream(encodeFields(PSEUDO)))
    const outcome = (count: number) => sendHttp2(port, { frames: Buffer.concat([setting(count), request]) })
    expect([await outcome(32), await outcome(33)]).toEqual(['answered 200', 'connection ended'])
  })

  test('does not let a list of fields pass that is larger than announced', async () => {
    const fields = Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'v'.repeat(60)] as const)
    expect(await sendHttp2(port, { fields: [...PSEUDO, ...fields] })).not.toBe('answered 200')
  })

  test('does not let fields pass that are large only once HPACK has expanded them', async () => {
    // One entry of the dynamic table, and references to it of one byte each. RFC 7541 §6.1, §6.2.1.
    const [name, value] = ['x', 'v'.repeat(3000)]
    const indexed = Buffer.concat([Buffer.from([0x40]), encodeFields([[name, value]]).subarray(1)])
    const bomb = Buffer.concat([encodeFields(PSEUDO), indexed, Buffer.alloc(4000, 0xbe)])
    const whole = frame(HEADERS, END_HEADERS | END_STREAM, onStream(bomb))
    expect(await sendHttp2(port, { frames: whole })).not.toBe('answered 200')
  })
})
