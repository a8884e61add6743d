import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import type { OriginTarget } from '../edges/origin.ts'
import { HoldfastError } from '../errors.ts'

/** Addresses that an `untrusted` target must not lead to. Pushpin: operations.md §6.1. */
const DENIED = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  DENIED.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  DENIED.addSubnet(network, prefix, 'ipv6')
}

/** Tells whether an IP address is loopback, private or link-local; IPv4 inside IPv6 counts as that IPv4 address. */
export function isDeniedAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && DENIED.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Tells whether a host that needs no lookup is a denied address. URLs know more ways to write one than a dotted quad: `127.1`,
 * `0x7f000001` and `2130706433` reach loopback, too. WHATWG URL, host parser.
 */
export function isDeniedHost(host: string): boolean {
  const url = `http://${host.includes(':') ? `[${host}]` : host}`
  // A host like `256.1.1.1` is no address at all, and whoever connects to it finds that out.
  return URL.canParse(url) && isDeniedAddress(new URL(url).hostname.replace(/^\[|\]$/g, ''))
}

/** Throws ORIGIN_DENIED for an untrusted target of which that can be said without a lookup. Unix sockets are as private as loopback. */
export function refuseDenied({ untrusted, host, socketPath }: OriginTarget): void {
  if (!untrusted) return
  if (socketPath !== undefined) throw originDenied(`unix:${socketPath}`, socketPath)
  if (isDeniedHost(host)) throw originDenied(host, host)
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** Like `dns.lookup`, but fails with ORIGIN_DENIED where one of the addresses is denied. */
export function denyingLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const denied = error === null ? addresses.find((found) => isDeniedAddress(found.address)) : undefined
    const first = error === null ? addresses[0] : undefined
    if (error !== null) callback(error, [])
    else if (denied !== undefined) callback(originDenied(hostname, denied.address), [])
    else if (options.all === true || first === undefined) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

/** The error for a host whose address is on the list. */
export function originDenied(hostname: string, address: string): HoldfastError {
  return new HoldfastError(
    'ORIGIN_DENIED',
    `target ${hostname} is untrusted and its address ${address} is denied`,
  )
}
