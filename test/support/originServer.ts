import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestCertificate } from './certificates.ts'

/** Where and how an origin of tests listens. */
export interface OriginListening {
  /** A unix socket's file; by default a free TCP port. */
  readonly socketPath?: string
  /** Makes it speak TLS. */
  readonly certificate?: TestCertificate | undefined
  /** Refuses, in TLS, those who do not show this certificate. */
  readonly clientCertificate?: TestCertificate
}

/** Opens an HTTP server that keeps connections for longer than tests last. */
export async function listenOrigin(listening: OriginListening = {}): Promise<Server> {
  const server = createOriginServer(listening)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (listening.socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(listening.socketPath, resolve)
  })
  return server
}

function createOriginServer({ certificate, clientCertificate }: OriginListening): Server {
  const options = { keepAliveTimeout: 60_000, requestTimeout: 0 }
  if (certificate === undefined) return createServer(options)
  const asked =
    clientCertificate === undefined
      ? {}
      : { requestCert: true, rejectUnauthorized: true, ca: clientCertificate.cert }
  return createTlsServer({ ...options, ...certificate, ...asked })
}

/** Names where it listens as routes do. */
export function originAddress(server: Server): string {
  const address = server.address() as AddressInfo | string
  return typeof address === 'string' ? `unix:${address}` : `127.0.0.1:${address.port}`
}
