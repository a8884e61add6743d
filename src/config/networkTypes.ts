import { isIP, isIPv6 } from 'node:net'
import type { ValueType } from './option.ts'
import { invalidValue } from './valueTypes.ts'

/** Where a TCP listener binds. */
export interface ListenAddress {
  /** An IP address without brackets, or `localhost`. */
  readonly host: string
  /** 0 asks the operating system for a free port. */
  readonly port: number
}

/** All IPv4 interfaces: where Pushpin listens when no address is given. */
export const ANY_ADDRESS = '0.0.0.0'

/** Reads one `PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`; a port alone binds all IPv4 addresses, as in Pushpin. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(\[[^\]]*\]|[^:]*):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  const host = match?.[1] ?? ANY_ADDRESS
  if (!match || port > 65535 || !isHost(host)) {
    throw invalidValue(text, 'PORT (0 to 65535), ADDRESS:PORT or [IPV6]:PORT')
  }
  return { host: unbracket(host), port }
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(unbracket(host))
  return host === 'localhost' || isIP(host) === 4
}

function unbracket(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/** Writes an address as it stands in a configuration file and in a URL. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads a list of addresses to listen on. */
export const listenAddresses: ValueType<readonly ListenAddress[]> = {
  form: 'list of PORT, ADDRESS:PORT or [IPV6]:PORT',
  parse: ({ items }) => items.map(parseListenAddress),
}

/** Reads an IP address, with or without brackets, or `localhost`. */
export const ipAddress: ValueType<string> = {
  form: 'IP address or localhost',
  parse({ text }) {
    if (text === '') return undefined
    const host = unbracket(text)
    if (host !== 'localhost' && isIP(host) === 0) throw invalidValue(text, this.form)
    return host
  },
}

/** Tells whether only programs on the same machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
