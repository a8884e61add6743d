import { headerTokens, type RawHeaders } from './headers.ts'

/** Fields that speak of one connection and are never passed on. RFC 9110 §7.6.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const NONE: ReadonlySet<string> = new Set()

/** Field names that a Connection header declares to be of this connection only, in lower case. */
export function nominatedByConnection(headers: RawHeaders): ReadonlySet<string> {
  const tokens = headerTokens(headers, 'connection')
  // Nearly every Connection header says just this; it nominates no field that we would keep.
  if (tokens.length === 0 || (tokens.length === 1 && (tokens[0] === 'keep-alive' || tokens[0] === 'close')))
    return NONE
  return new Set(tokens)
}

/** Tells whether a field must not be passed on, in either direction. */
export function isHopByHop(lowerName: string, nominated: ReadonlySet<string>): boolean {
  return HOP_BY_HOP.has(lowerName) || lowerName.startsWith('proxy-') || nominated.has(lowerName)
}
