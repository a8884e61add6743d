import { filterHeaders, getAllHeaders, type RawHeaders } from '../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../util/hopByHop.ts'
import { splitList } from './headerParams.ts'
import { trimOws } from './headerText.ts'

/**
 * Removes what must not be passed on with a response: hop-by-hop fields, fields that Connection names, and
 * Content-Length, which whoever sends the body computes anew.
 */
export function withoutConnectionFields(headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  return filterHeaders(headers, (name) => name !== 'content-length' && !isHopByHop(name, nominated))
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
