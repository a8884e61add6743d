import { isHeaderName, type RawHeaders } from '../util/headers.ts'

/** What our parsers undo. `identity` is none at all, and was allowed up to RFC 7230. */
const KNOWN_CODINGS: ReadonlySet<string> = new Set(['chunked', 'identity'])

/**
 * Tells whether an answer has a transfer coding that we cannot undo: passed on without its field, its body would look like another
 * one. RFC 9112 §6.1.
 */
export function hasUnknownCoding(headers: RawHeaders): boolean {
  let count = 0
  for (let i = 0; i < headers.length; i += 2) {
    if (!isHeaderName(headers[i] as string, 'transfer-encoding')) continue
    if (++count > 1 || !KNOWN_CODINGS.has((headers[i + 1] as string).trim().toLowerCase())) return true
  }
  return false
}

/** What is said of such an answer. */
export const UNKNOWN_CODING = 'the answer has a transfer coding that is not known'
