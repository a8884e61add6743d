import { filterHeaders, getAllHeaders, headerTokens, type RawHeaders } from '../util/headers.ts'
import { splitList } from './headerParams.ts'
import { trimOws } from './headerText.ts'

/** Fields that speak of one connection or of the framing, which is the listener's. RFC 9110 §7.6.1. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Removes what must not be passed on with a response: hop-by-hop fields, fields that Connection names, and
 * Content-Length, which whoever sends the body computes anew.
 */
export function withoutConnectionFields(headers: RawHeaders): string[] {
  const nominated = new Set(headerTokens(headers, 'connection'))
  return filterHeaders(
    headers,
    (name) => !CONNECTION_FIELDS.has(name) && !name.startsWith('proxy-') && !nominated.has(name),
  )
}

/**
 * Returns what of a response's headers is for the client: without connection fields, without instructions, and only what
 * is exposed when there is such a list. GRIP: Grip-Expose-Headers.
 */
export function clientHeaders(headers: RawHeaders): string[] {
  const own = filterHeaders(withoutConnectionFields(headers), (name) => !name.startsWith('grip-'))
  const exposed = getAllHeaders(headers, 'grip-expose-headers').flatMap((value) => splitList(trimOws(value)))
  if (exposed.length === 0) return own
  const names = new Set(exposed.map((name) => name.toLowerCase()))
  return filterHeaders(own, (name) => names.has(name))
}
