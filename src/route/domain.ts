import { domainToASCII } from 'node:url'
import { routeError } from './routeError.ts'

const NEVER_IN_HOST = /[\u0000-\u0020\u007f"#/<>?@\\^`{|}]/

/** Tells whether a text could be a host name or an IP address, with or without a port. */
export function isHostText(text: string): boolean {
  return text !== '' && !NEVER_IN_HOST.test(text)
}

/**
 * Returns the form in which hosts are compared: lower case, an IPv6 address without brackets, an international name
 * as it goes over the wire. `*` and the empty domain stay as they are.
 *
 * @throws HoldfastError ROUTE_INVALID when an international name has no such form
 */
export function normalizeDomain(domain: string): string {
  const bare = domain.startsWith('[') && domain.endsWith(']') ? domain.slice(1, -1) : domain
  const lower = bare.toLowerCase()
  if (!/[^\u0000-\u007f]/.test(lower)) return lower
  const ascii = isHostText(lower) ? domainToASCII(lower) : ''
  if (ascii === '') throw routeError(`domain is not a host name: '${domain}'`)
  return ascii
}

/** Tells whether a domain stands for all hosts below a name: `*.example.com`. Pushpin has no such rules. */
export function isWildcardDomain(domain: string): boolean {
  return domain.length > 2 && domain.startsWith('*.') && !domain.includes('*', 1)
}

/** Tells whether rules of a domain are for a host, both in the form of `normalizeDomain`. */
export function coversHost(domain: string, host: string): boolean {
  if (!isWildcardDomain(domain)) return domain === '*' || (domain !== '' && domain === host)
  return host.length >= domain.length && host.endsWith(domain.slice(1))
}

/** Returns why no request can ever have this host, or undefined when one can. */
export function whyNeverMatched(domain: string): string | undefined {
  if (domain === '' || domain === '*') return undefined
  if (!isHostText(domain)) return 'it is not a host name'
  if (domain.includes('*') && !isWildcardDomain(domain)) return "wildcards are '*' and '*.NAME' only"
  const colon = domain.indexOf(':')
  if (colon >= 0 && colon === domain.lastIndexOf(':')) return 'hosts are compared without their port'
  return undefined
}

/** Returns the host of a request's authority in the form of `normalizeDomain`: without port and brackets, in lower case. */
export function hostOfAuthority(authority: string): string {
  return withoutPort(authority).toLowerCase()
}

function withoutPort(authority: string): string {
  if (authority.charCodeAt(0) === OPENING_BRACKET) {
    const closing = authority.indexOf(']')
    return closing < 0 ? authority.slice(1) : authority.slice(1, closing)
  }
  const colon = authority.indexOf(':')
  // More than one colon without brackets can only be a bare IPv6 address.
  if (colon < 0 || authority.indexOf(':', colon + 1) >= 0) return authority
  return authority.slice(0, colon)
}

const OPENING_BRACKET = 0x5b
