import type { ServerOptions } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Certificate, CertificateBook } from './certificateBook.ts'
import { preferOtherKeys } from './keyPreference.ts'

/** RFC 9325 §3.1.1: those before it are broken. */
const MIN_VERSION = 'TLSv1.2'

/** How long a client may take for the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000

/** What a TLS port shows its clients, and who takes them afterwards. */
export interface TlsServerOptions {
  readonly certificates: CertificateBook
  /** Serves the connections of clients that prefer HTTP/2; undefined offers them HTTP/1.1 alone. */
  readonly onHttp2: ((socket: TLSSocket) => void) | undefined
  /** Hears of the others, before their first request. */
  onHttp1(socket: TLSSocket): void
}

/** Creates an HTTP server by TLS that looks the certificate for a client up at each handshake. */
export function createTlsServer(settings: ServerOptions, options: TlsServerOptions): Server {
  const { certificates, onHttp2 } = options
  const port = (): number => (server.address() as AddressInfo | null)?.port ?? 0
  const server = createServer({
    ...settings,
    minVersion: MIN_VERSION,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: onHttp2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
    // Without any, the handshake fails with an alert; an error would cut the client off without a word.
    SNICallback: (host, done) => done(null, certificates.find(host, port())?.context),
  })
  showDefault(server, () => certificates.default(port()))
  breakBadHandshakes(server)
  shareOut(server, options)
  return server
}

/** `node:https` speaks HTTP/1.x on every connection; those of the other protocol are taken before it. RFC 7301. */
function shareOut(server: Server, { onHttp1, onHttp2 }: TlsServerOptions): void {
  const serve = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[]
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2' && onHttp2 !== undefined) {
      onHttp2(socket)
      return
    }
    onHttp1(socket)
    for (const begin of serve) begin.call(server, socket)
  })
}

/** Keeps what is shown to clients that name no host, for which nobody is asked, the newest certificate. */
function showDefault(server: Server, find: () => Certificate | undefined): void {
  let shown: Certificate | undefined
  server.prependListener('connection', () => {
    const found = find()
    if (found === undefined || found === shown) return
    shown = found
    const { cert, key } = found
    server.setSecureContext({ cert, key, minVersion: MIN_VERSION, ...preferOtherKeys(key) })
  })
}

/** By default `node:https` passes these on as faults of HTTP, which are answered: in plain text, to a TLS client. */
function breakBadHandshakes(server: Server): void {
  server.removeAllListeners('tlsClientError')
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
}
