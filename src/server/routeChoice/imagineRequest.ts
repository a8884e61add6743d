import type { ClientRequest } from '../../edges/client.ts'
import type { HoldfastError } from '../../errors.ts'
import { getHeader } from '../../util/headers.ts'

/** A request that is only thought of, to be routed. */
export interface ImaginedRequest {
  readonly request: ClientRequest
  readonly protocol: 'http' | 'ws'
  /** The whole URL. */
  readonly url: string
  /** The target without its query. */
  readonly path: string
}

/** What of a request is not in its URL. */
export interface RequestParts {
  readonly method: string
  /** Lines, `NAME: VALUE`. */
  readonly headers: readonly string[]
  /** Makes the error for what is no URL, or no header. */
  readonly fault: (text: string) => HoldfastError
}

const URL_FORM = /^(?:(https?|wss?):\/\/([^/?#]+))?(\/[^#?]*)?(\?[^#]*)?(?:#.*)?$/i

/**
 * Makes a request of a URL, with path and query as they are written: clients do not tidy them either. Throws
 * the error that `fault` makes of a sentence.
 */
export function imagineRequest(text: string, more: RequestParts): ImaginedRequest {
  const match = URL_FORM.exec(text)
  if (match === null || text === '')
    throw more.fault(`"${text}" is not a URL: expected http://HOST/PATH, or /PATH`)
  const [, written = 'http', named = 'localhost', path = '/', query = ''] = match
  const headers = more.headers.flatMap((line) => parseHeader(line, more.fault))
  const isWebSocket = /^ws/i.test(written) || getHeader(headers, 'upgrade')?.toLowerCase() === 'websocket'
  const secure = /^(https|wss)$/i.test(written)
  const authority = getHeader(headers, 'host') ?? named
  const scheme = isWebSocket ? 'ws' : 'http'
  const request: ClientRequest = {
    method: more.method,
    target: `${path}${query}`,
    httpVersion: '1.1',
    secure,
    authority,
    headers,
    peerAddress: '',
    body: undefined,
    bodyLength: undefined,
  }
  const url = `${scheme}${secure ? 's' : ''}://${authority}${path}${query}`
  return { request, protocol: scheme, url, path }
}

function parseHeader(line: string, fault: RequestParts['fault']): [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw fault(`"${line}" is not a header: expected NAME: VALUE`)
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}
