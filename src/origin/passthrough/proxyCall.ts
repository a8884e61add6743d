import type { ClientRequest } from 'node:http'
import type { Stream } from 'node:stream'
import type Server from 'http-proxy'
import type { RawHeaders } from '../../util/headers.ts'
import type { TargetOptions } from '../targetConnection.ts'

/** What reaches the origin, exactly. */
export interface WireRequest {
  readonly path: string
  /** All fields, framing included. */
  readonly headers: RawHeaders
}

/**
 * Options for one call of `http-proxy`. It fills the object `ssl` with what it makes of the client's request and hands
 * it to `http.request`: fields merged and in lower case, a path without its double slashes. So that object takes none
 * of this, and answers with what we want sent; a list of fields is written by Node as it stands.
 */
export function proxyOptions(
  wire: WireRequest,
  connection: { options: TargetOptions; tls: boolean },
): Server.ServerOptions {
  const { host = 'localhost', port, socketPath, rejectUnauthorized, cert, key } = connection.options
  const exact = {
    ...connection.options,
    get path() {
      return wire.path
    },
    set path(_whatHttpProxyMakesOfIt) {},
    get headers() {
      return wire.headers
    },
    set headers(_whatHttpProxyMakesOfThem) {},
  }
  return {
    target: {
      protocol: connection.tls ? 'https:' : 'http:',
      host,
      // Of no use to a unix socket.
      port: Number(port ?? 80),
      ...(socketPath === undefined ? {} : { socketPath }),
      ...pem(cert, key),
    },
    secure: rejectUnauthorized !== false,
    // Spares a parse of the path by `url.parse`, which newer versions of Node warn about.
    toProxy: true,
    ssl: exact,
  }
}

function pem(cert: unknown, key: unknown): { cert?: string; key?: string } {
  return { ...(typeof cert === 'string' ? { cert } : {}), ...(typeof key === 'string' ? { key } : {}) }
}

/**
 * Something that `http-proxy` takes for the request's body. It pipes the body into the request to the origin as soon as
 * that exists; we want to know of that request, and to give it the body only when there is a connection.
 */
export function bodySource(onRequest: (outgoing: ClientRequest) => void): Stream {
  return { pipe: onRequest } as unknown as Stream
}

/** `http-proxy` calls `util._extend`, of which Node 22 warns on standard error: not the operator's business. */
export function withoutDeprecationWarning(call: () => void): void {
  const { noDeprecation } = process
  process.noDeprecation = true
  try {
    call()
  } finally {
    process.noDeprecation = noDeprecation ?? false
  }
}
