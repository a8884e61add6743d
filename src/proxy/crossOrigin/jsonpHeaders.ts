import { isFieldText, isToken, trimOws, wireFromText } from '../../grip/headerText.ts'
import { isJsonObject } from '../../grip/jsonFields.ts'
import { parseJsonBytes } from '../../grip/jsonText.ts'
import { filterHeaders, type RawHeaders } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'
import { decodePercent } from './jsonpQuery.ts'

/** Fields that a page cannot set: they are written anew, or are the connection's. */
const NOT_SETTABLE: ReadonlySet<string> = new Set(['accept', 'content-length', 'expect', 'host'])

/**
 * Reads `_headers`, a JSON object of strings, as wire text; none when there is no such parameter, undefined when it is not
 * one, or has what no client could send. A deviation: Pushpin writes names and values to the origin as they are.
 */
export function readSetHeaders(text: string | undefined): RawHeaders | undefined {
  if (text === undefined) return []
  const object = parseJsonBytes(decodePercent(text) ?? Buffer.alloc(0))
  if (!isJsonObject(object)) return undefined
  const headers: string[] = []
  for (const [name, value] of Object.entries(object)) {
    if (typeof value !== 'string') return undefined
    const wire = trimOws(wireFromText(value))
    if (!isToken(name) || !isFieldText(wire)) return undefined
    headers.push(name, wire)
  }
  const nominated = nominatedByConnection(headers)
  return filterHeaders(headers, (name) => !NOT_SETTABLE.has(name) && !isHopByHop(name, nominated))
}

/**
 * Puts the fields that a page sets before those of its request. A browser's own Accept speaks of scripts. A deviation: in
 * Pushpin a field that is set stands beside the request's own of that name.
 */
export function joinHeaders(set: RawHeaders, own: RawHeaders): string[] {
  const replaced = new Set(['accept'])
  for (let i = 0; i < set.length; i += 2) replaced.add((set[i] as string).toLowerCase())
  return [...set, 'Accept', '*/*', ...filterHeaders(own, (name) => !replaced.has(name))]
}
