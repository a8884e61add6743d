import { HoldfastError } from '../errors.ts'
import type { Config } from './config.ts'
import type { MetricsPlace } from './metricsPlace.ts'
import { formatListenAddress, type ListenAddress } from './networkTypes.ts'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'not permitted; ports below 1024 often need a privilege',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Says of a LISTEN_FAILED which setting names the address, and what is the matter; other errors stay as they are. */
export function describeListenFault(error: unknown, config: Config): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'LISTEN_FAILED') return error
  const { code = '', address, port } = (error.cause ?? {}) as NodeJS.ErrnoException & Partial<ListenFault>
  // Of a unix socket Node says that its port is -1; its path is in the message already.
  if (address === undefined || port === undefined || port < 0) return error
  const place = { host: address, port }
  const text = `cannot listen on ${formatListenAddress(place)} (${settingOf(place, config)}): ${REASONS[code] ?? code}`
  return new HoldfastError('LISTEN_FAILED', text, { cause: error })
}

/** What Node adds to an error of `listen`. */
interface ListenFault {
  readonly address: string
  readonly port: number
}

function settingOf({ port }: ListenAddress, { handler, proxy, runner }: Config): string {
  const isOneOf = (places: readonly ListenAddress[]): boolean => places.some((place) => place.port === port)
  const showsMetrics = (place: MetricsPlace | undefined): boolean =>
    place !== undefined && 'port' in place && place.port === port
  if (handler.controlPort !== port) {
    if (showsMetrics(handler.prometheusPort)) return 'prometheus_port in [handler]'
    if (showsMetrics(proxy.prometheusPort)) return 'prometheus_port in [proxy]'
    if (isOneOf(runner.httpPorts)) return 'http_port in [runner], --port'
    if (isOneOf(runner.httpsPorts)) return 'https_ports in [runner], --tls-port'
  }
  return 'push_in_http_port in [handler], HOLDFAST_CONTROL_PORT, --id'
}
