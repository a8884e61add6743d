import { isHostText } from './domain.ts'
import { routeError } from './routeError.ts'
import type { RouteSection } from './routeLexer.ts'
import { SectionProps } from './sectionProps.ts'
import { createTarget, type Target, type TargetAddress, targetName } from './target.ts'

/**
 * Makes a target of a target section: `host:port`, `[ipv6]:port`, `unix:path` or `test`, with its properties.
 *
 * @throws HoldfastError ROUTE_INVALID
 */
export function parseTarget(section: RouteSection): { target: Target; warnings: string[] } {
  const address = parseAddress(section.value)
  const props = new SectionProps(section)
  const target = createTarget(address, {
    tls: props.flag('ssl'),
    untrusted: needsHost('untrusted', props, address),
    trustConnectHost: needsHost('trust_connect_host', props, address),
    insecure: props.flag('insecure'),
    hostOverride: props.authority('host'),
    subs: [...new Set(props.all('sub').filter((channel) => channel !== ''))],
    overHttp: props.flag('over_http'),
    oneEvent: props.flag('one_event'),
    ipcFileMode: props.octal('ipc_file_mode'),
    clientCert: props.text('client_cert'),
    clientKey: props.text('client_key'),
  })
  props.warnUnread()
  return { target, warnings: props.warnings }
}

/** Reads a flag that speaks of the target's host, which a unix socket has not. */
function needsHost(name: string, props: SectionProps, address: TargetAddress): boolean {
  const isSet = props.flag(name)
  if (isSet && 'socketPath' in address) {
    throw routeError(`${name} needs a target of the form 'host:port': '${targetName(createTarget(address))}'`)
  }
  return isSet
}

function parseAddress(value: string): TargetAddress {
  if (value === 'test') return { kind: 'test' }
  const socketPath = UNIX_FORM.exec(value)?.[1]
  if (socketPath !== undefined) return { kind: 'http', socketPath: checkedPath(socketPath) }
  if (value.startsWith('zhttp/') || value.startsWith('zhttpreq/')) {
    throw routeError(`target not supported: '${value}' (holdfast reaches origins by HTTP only, not by ZHTTP)`)
  }
  const scheme = /^(https?):\/\//i.exec(value)?.[1]?.toLowerCase()
  if (scheme !== undefined) {
    const form = scheme === 'https' ? 'HOST:PORT,ssl' : 'HOST:PORT'
    throw routeError(`target invalid port: '${value}'; write ${form} without ${scheme}://`)
  }
  const portStart = findPort(value)
  const host = value.startsWith('[') ? value.slice(1, portStart - 2) : value.slice(0, portStart - 1)
  if (portStart < 0 || !isHostText(host)) throw routeError(`target bad format: '${value}'`)
  return { kind: 'http', host, port: parsePort(value.slice(portStart)) }
}

/** nginx: `unix:path`. `unix:80` is a host of that name, as in Pushpin. */
const UNIX_FORM = /^unix:(?!\d+$)(.*)$/s

function checkedPath(path: string): string {
  if (path === '' || /[\u0000-\u001f\u007f]/.test(path)) throw routeError(`target bad format: 'unix:${path}'`)
  return path
}

/** Returns the index behind the colon that ends the host, or -1. */
function findPort(value: string): number {
  const ending = value.startsWith('[') ? ']:' : ':'
  const at = value.indexOf(ending)
  return at < 0 ? -1 : at + ending.length
}

function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw routeError(`target invalid port: '${text}'`)
  return port
}
