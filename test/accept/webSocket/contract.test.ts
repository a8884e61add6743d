import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { HttpListenerOptions } from '../../../src/accept/httpListener.ts'
import { CertificateBook } from '../../../src/accept/tls/certificateBook.ts'
import { describeMessageSocket, type SocketPair } from '../../contracts/messageSocketContract.ts'
import { DEFAULT_CERTIFICATE } from '../../support/certificates.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { WsPeer } from '../../support/wsPeer.ts'
import { startListener, type TestListener } from '../support.ts'
import { createTestSockets, SWITCHING } from './support.ts'

async function createPair(
  placeOf: (listener: TestListener) => string | Promise<string>,
  {
    allowsCompression = false,
    ...options
  }: { allowsCompression?: boolean } & Partial<HttpListenerOptions> = {},
): Promise<SocketPair> {
  const sockets = createTestSockets({ allowsCompression })
  const listener = await startListener(() => {}, { sockets, ...options })
  const client = new WebSocket(await placeOf(listener), { autoPong: false, rejectUnauthorized: false })
  onTestFinished(() => client.terminate())
  const peer = new WsPeer(client)
  const { handshake } = await listener.handshake()
  const opened = once(client, 'open')
  const socket = handshake.accept(SWITCHING)
  await opened
  return { socket, peer, end: () => client.terminate() }
}

const plainPlace = ({ port }: TestListener) => `ws://127.0.0.1:${port}/`

describeMessageSocket("a client's", () => createPair(plainPlace))

describeMessageSocket("a client's, with compression", () =>
  createPair(plainPlace, { allowsCompression: true }),
)

describeMessageSocket("a client's, by TLS", () => {
  const directory = temporaryDirectory()
  const fallback = { cert: join(directory, 'crt'), key: join(directory, 'key') }
  writeFileSync(fallback.cert, DEFAULT_CERTIFICATE.cert)
  writeFileSync(fallback.key, DEFAULT_CERTIFICATE.key)
  const certificates = new CertificateBook({ directory: undefined, fallback, log: new LinesLog() })
  return createPair(({ port }) => `wss://127.0.0.1:${port}/`, { certificates })
})

describeMessageSocket("a client's, on a unix socket", () => {
  const path = join(temporaryDirectory(), 's')
  return createPair(async ({ listener }) => {
    await listener.close()
    await listener.listenLocally({ path, mode: undefined, uid: undefined, gid: undefined })
    return `ws+unix://${path}:/`
  })
})

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'socket-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
