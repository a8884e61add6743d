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

/** Who sent a request. To tell the address takes a system call, so that it is only asked for where it is needed. */
export interface Peer {
  readonly peerAddress: string
}

/**
 * Returns the new value of X-Forwarded-For, or undefined when there is nothing to say. All fields become one, as Pushpin
 * does; an empty peer address (a unix socket) adds nothing.
 */
export function forwardedFor(headers: RawHeaders, rule: ForwardedForRule, peer: Peer): string | undefined {
  const addresses = keptAddresses(headers, rule)
  const peerAddress = rule.append ? peer.peerAddress : ''
  if (peerAddress === '') return addresses.length === 0 ? undefined : addresses.join(', ')
  return [...addresses, peerAddress].join(', ')
}

/**
 * The address that the log calls the client's: the first that the rule leaves of X-Forwarded-For, if it is one, else the
 * peer's. Pushpin: `log_from`.
 */
export function loggedAddress(headers: RawHeaders, rule: ForwardedForRule, peer: Peer): string {
  const [first] = keptAddresses(headers, rule)
  return first !== undefined && isAddress(first) ? first : peer.peerAddress
}

const NONE: readonly string[] = []

function keptAddresses(headers: RawHeaders, { truncate }: ForwardedForRule): readonly string[] {
  const values = getAllHeaders(headers, 'x-forwarded-for')
  if (values.length === 0) return NONE
  const addresses = values
    .flatMap((value) => value.split(','))
    .map((address) => address.trim())
    .filter((address) => address !== '')
  if (truncate === undefined) return addresses
  return truncate === 0 ? [] : addresses.slice(-truncate)
}

function isAddress(text: string): boolean {
  if (/^[\da-f:.]*:[\da-f:.]*$/i.test(text)) return URL.canParse(`http://[${text}]`)
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)
}
