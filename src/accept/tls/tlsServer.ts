import type { ServerOptions } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Certificate, CertificateBook } from './certificateBook.ts'

/** RFC 9325 §3.1.1: those before it are broken. */
const MIN_VERSION = 'TLSv1.2'

/** How long a client may take for the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000

/** Creates an HTTP/1.x server by TLS that looks a client's certificate up at each handshake. */
export function createTlsServer(settings: ServerOptions, certificates: CertificateBook): Server {
  const port = (): number => (server.address() as AddressInfo | null)?.port ?? 0
  const server = createServer({
    ...settings,
    minVersion: MIN_VERSION,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (host, done) => {
      const certificate = certificates.find(host, port())
      if (certificate === undefined) done(new Error(`no certificate for ${host}`))
      else done(null, certificate.context)
    },
  })
  showDefault(server, () => certificates.default(port()))
  breakBadHandshakes(server)
  return server
}

/** Keeps what is shown to clients that name no host, for which nobody is asked, the newest certificate. */
function showDefault(server: Server, find: () => Certificate | undefined): void {
  let shown: Certificate | undefined
  server.prependListener('connection', () => {
    const found = find()
    if (found === undefined || found === shown) return
    shown = found
    server.setSecureContext({ cert: found.cert, key: found.key, minVersion: MIN_VERSION })
  })
}

/** By default `node:https` passes these on as faults of HTTP, which are answered: in plain text, to a TLS client. */
function breakBadHandshakes(server: Server): void {
  server.removeAllListeners('tlsClientError')
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
}
