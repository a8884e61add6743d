import { HoldfastError } from '../errors.ts'
import { getAllHeaders, type RawHeaders } from '../util/headers.ts'

/** What to do with X-Forwarded-For. Pushpin: `x_forwarded_for`, a list of `truncate:N` and `append`. */
export interface ForwardedForRule {
  /** Keep only that many of the right-most addresses; undefined keeps all. */
  readonly truncate: number | undefined
  /** Add the peer's address. */
  readonly append: boolean
}

/** Reads the rule from its list of words; throws CONFIG_INVALID that names the word. */
export function parseForwardedForRule(words: readonly string[]): ForwardedForRule {
  let truncate: number | undefined
  let append = false
  for (const word of words) {
    const count = /^truncate:(\d{1,4})$/.exec(word)?.[1]
    if (word === 'append') append = true
    else if (count !== undefined) truncate = Number(count)
    else throw new HoldfastError('CONFIG_INVALID', `'${word}' is neither 'append' nor 'truncate:N'`)
  }
  return { truncate, append }
}

/**
 * Returns the new value of X-Forwarded-For, or undefined when there is nothing to say. All fields become one, as Pushpin
 * does; an empty peer address (a unix socket) adds nothing.
 */
export function forwardedFor(
  headers: RawHeaders,
  rule: ForwardedForRule,
  peerAddress: string,
): string | undefined {
  let addresses = getAllHeaders(headers, 'x-forwarded-for')
    .flatMap((value) => value.split(','))
    .map((address) => address.trim())
    .filter((address) => address !== '')
  if (rule.truncate !== undefined) addresses = rule.truncate === 0 ? [] : addresses.slice(-rule.truncate)
  if (rule.append && peerAddress !== '') addresses.push(peerAddress)
  return addresses.length === 0 ? undefined : addresses.join(', ')
}
