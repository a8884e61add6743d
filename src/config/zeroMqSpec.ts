import { isLoopback } from './networkTypes.ts'
import type { ValueType } from './option.ts'
import { invalidValue } from './valueTypes.ts'

const FORM = '`tcp://HOST:PORT` or `ipc://PATH`'
const MAX_PORT = 65_535

/** Where a ZeroMQ socket binds or connects; empty text is nowhere. */
export const zeroMqSpec: ValueType<string | undefined> = {
  form: FORM,
  parse: ({ text }) => (text === '' ? undefined : parseSpec(text)),
}

/** Where a ZeroMQ socket binds or connects, at several places. */
export const zeroMqSpecs: ValueType<readonly string[]> = {
  form: `list of ${FORM}`,
  parse: ({ items }) => items.map(parseSpec),
}

/** What can be told without asking the network: libzmq's own words for a bad address are "Invalid argument". */
function parseSpec(text: string): string {
  const tcp = parseTcp(text)
  const isTcp = tcp !== undefined && (tcp.port === '*' || Number(tcp.port) <= MAX_PORT)
  if (!isTcp && !/^ipc:\/\/[^\x00-\x1f\x7f]+$/.test(text)) throw invalidValue(text, FORM)
  return text
}

function parseTcp(spec: string): { host: string; port: string } | undefined {
  const match = /^tcp:\/\/(\[[0-9A-Fa-f:.%\w]+\]|[^\s:[\]/]+):(\d{1,5}|\*)$/.exec(spec)
  const [, host, port] = match ?? []
  return host === undefined || port === undefined ? undefined : { host, port }
}

/**
 * Adds the port offset to a spec as Pushpin does: not to ipc, IPv6 and wildcard ports, operations.md §5.2. Throws
 * CONFIG_INVALID when no such port exists.
 */
export function offsetSpec(spec: string, portOffset: number): string {
  const { host, port } = parseTcp(spec) ?? { host: '[', port: '' }
  if (host.startsWith('[') || port === '*' || Number(port) === 0) return spec
  const moved = Number(port) + portOffset
  if (moved > MAX_PORT)
    throw invalidValue(spec, `a port that is with the port offset no larger than ${MAX_PORT}`)
  return `tcp://${host}:${moved}`
}

/** Tells whether only programs on the same machine can reach a socket that is bound to the spec. */
export function isLocalSpec(spec: string): boolean {
  const host = parseTcp(spec)?.host.replace(/[[\]]/g, '')
  return host === undefined || host === 'lo' || isLoopback(host)
}
