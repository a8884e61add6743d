import { filterHeaders, getHeader, type RawHeaders } from '../../util/headers.ts'
import { type RequestFault, type RequestHead, type RequestLimits, readRequestParts } from '../requestHead.ts'

/** A request's head as HTTP/1.x would have it, which is what origins are sent. */
export interface Http2Head extends RequestHead {
  readonly method: string
  /** Without pseudo-fields; cookies in one field. */
  readonly headers: RawHeaders
  /** What an extended CONNECT asks for, such as `websocket`. RFC 8441 §4. */
  readonly protocol: string | undefined
}

interface PseudoFields {
  method: string
  path: string
  authority: string | undefined
  protocol: string | undefined
}

/**
 * Reads the fields of an HTTP/2 request, checks them as an HTTP/1.1 head is checked, and returns a fault when it must be
 * refused. What RFC 9113 §8 forbids in the fields themselves, nghttp2 has refused before.
 */
export function readHttp2Head(
  rawHeaders: RawHeaders,
  { limits, hasBody }: { limits: RequestLimits; hasBody: boolean },
): Http2Head | RequestFault {
  const pseudo: PseudoFields = { method: '', path: '', authority: undefined, protocol: undefined }
  const headers = splitFields(rawHeaders, pseudo)
  const { method, protocol } = pseudo
  if (method === 'CONNECT' && protocol === undefined)
    return { status: 405, reason: 'CONNECT is not allowed.' }
  const parts = readRequestParts({
    method,
    url: pseudo.path,
    headers: withHost(headers, pseudo.authority),
    minorVersion: 1,
    limits,
  })
  if ('status' in parts) return parts
  return { ...parts, hasBody, method, headers: withAuthority(headers, parts.authority), protocol }
}

/** Takes the pseudo-fields out, and joins cookies, which HTTP/2 may send in crumbs. RFC 9113 §8.2.3. */
function splitFields(rawHeaders: RawHeaders, pseudo: PseudoFields): string[] {
  const headers: string[] = []
  let cookieAt = -1
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    if (name.startsWith(':')) setPseudo(pseudo, name, value)
    else if (name === 'cookie' && cookieAt >= 0) headers[cookieAt] = `${headers[cookieAt]}; ${value}`
    else {
      if (name === 'cookie') cookieAt = headers.length + 1
      headers.push(name, value)
    }
  }
  return headers
}

function setPseudo(pseudo: PseudoFields, name: string, value: string): void {
  if (name === ':method') pseudo.method = value
  else if (name === ':path') pseudo.path = value
  else if (name === ':authority') pseudo.authority = value
  else if (name === ':protocol') pseudo.protocol = value
}

/** A Host field that says something else is a second opinion on where the request goes, and stays one. RFC 9113 §8.3.1. */
function withHost(headers: readonly string[], authority: string | undefined): readonly string[] {
  if (authority === undefined) return headers
  const host = getHeader(headers, 'host')
  return host?.toLowerCase() === authority.toLowerCase() ? headers : [...headers, 'host', authority]
}

/** HTTP/1.1 has the authority in Host, and so has all that comes after the listener. */
function withAuthority(headers: readonly string[], authority: string): string[] {
  return ['host', authority, ...filterHeaders(headers, (name) => name !== 'host')]
}
