/** What a caller of the control port may do: hand in items, or look at the server and steer it. */
export type Scope = 'publish' | 'admin'

/** What somebody who knows the key, or the password, may do. */
export const ALL_SCOPES: ReadonlySet<Scope> = new Set(['publish', 'admin'])

/** What GRIP libraries need, whose tokens have no `scope`. */
const DEFAULT_SCOPES: ReadonlySet<Scope> = new Set(['publish'])

/** Reads the `scope` claim of a token: words between blanks (RFC 8693 §4.2), or a list of words. Others' words are ignored. */
export function parseScopes(claim: unknown): ReadonlySet<Scope> {
  if (claim === undefined) return DEFAULT_SCOPES
  const words: readonly unknown[] =
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return new Set(words.filter(isScope))
}

function isScope(word: unknown): word is Scope {
  return word === 'publish' || word === 'admin'
}
