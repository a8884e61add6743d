import type { Log } from '../edges.ts'
import { getHeader } from '../util/headers.ts'
import type { RoutedRequest } from './findRoute.ts'
import type { ProxyOptions } from './proxyEnvironment.ts'

/** How a request ended: with a status of so many body bytes, as a hold, or broken. */
export type RequestResult =
  | { readonly status: number; readonly bodyBytes: number }
  | 'accept'
  | 'error'
  | 'retry'

/** Pushpin's level of request lines; a route's `log_level` below it silences them, one at or above it shows them. */
const REQUEST_LEVEL = 2

/** Writes the one line a request, in Pushpin's form: `GET http://host/path -> target:port code=200 11`. */
export function logRequest(
  log: Log,
  options: ProxyOptions,
  line: { routed: RoutedRequest; target: string | undefined; isRetry?: boolean; result: RequestResult },
): void {
  const { routed, target, result } = line
  const { logLevel } = routed.route
  if (logLevel === undefined ? !log.isEnabled('info') : logLevel < REQUEST_LEVEL) return
  const { request } = routed
  let text = `${request.method} ${routed.secure ? 'https' : 'http'}://${request.authority}${request.target}`
  if (target !== undefined) text += ` -> ${target}`
  if (options.logFrom) text += ` from=${request.peerAddress}`
  const referer = getHeader(request.headers, 'referer')
  if (referer !== undefined) text += ` ref=${referer}`
  if (routed.route.hasExplicitId) text += ` route=${routed.route.id}`
  if (typeof result === 'string') text += ` ${result}`
  else text += ` code=${result.status} ${result.bodyBytes}`
  if (line.isRetry === true) text += ' retry'
  const agent = options.logUserAgent ? getHeader(request.headers, 'user-agent') : undefined
  if (agent !== undefined) text += ` ua=${agent}`
  log.info(text)
}
