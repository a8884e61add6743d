import type { ClientRequest } from '../edges/client.ts'
import type { Log } from '../edges/log.ts'
import { getParameter, parseElement, splitList } from '../grip/headerParams.ts'
import { trimOws } from '../grip/headerText.ts'
import type { Route } from '../route/route.ts'
import { getAllHeaders, getHeader } from '../util/headers.ts'
import { countsAsSecure } from './findRoute.ts'
import { loggedAddress } from './forwardedFor.ts'
import type { ProxyEnvironment, ProxyOptions } from './proxyEnvironment.ts'

/** How a request ended: with a status of so many body bytes, as a hold, or broken. */
export type RequestResult =
  | { readonly status: number; readonly bodyBytes: number }
  | 'accept'
  | 'error'
  | 'retry'

/** A request with what its line says of it; one that no route takes has none. */
export interface LoggedRequest {
  readonly request: ClientRequest
  readonly protocol: 'http' | 'ws'
  readonly route: Route | undefined
  readonly secure: boolean
  readonly trusted: boolean
}

/** A request that no route takes. */
export function unrouted(
  environment: ProxyEnvironment,
  request: ClientRequest,
  protocol: LoggedRequest['protocol'] = 'http',
): LoggedRequest {
  const secure = countsAsSecure(environment, request)
  return { request, protocol, route: undefined, secure, trusted: false }
}

/** Pushpin's level of request lines; a route's `log_level` below it silences them, one at or above it shows them. */
const REQUEST_LEVEL = 2

/** Writes the one line a request, in Pushpin's form: `GET http://host/path -> target:port code=200 11`. */
export function logRequest(
  environment: Pick<ProxyEnvironment, 'log' | 'options'>,
  line: {
    routed: LoggedRequest
    target: string | undefined
    isRetry?: boolean
    result: RequestResult
    note?: string
  },
): void {
  const { log, options } = environment
  const { routed, target, result } = line
  const { request, route } = routed
  if (!showsRequests(environment, route)) return
  const scheme = routed.secure ? `${routed.protocol}s` : routed.protocol
  let text = `${request.method} ${scheme}://${request.authority}${request.target}`
  if (target !== undefined) text += ` -> ${target}`
  if (options.logFrom) text += ` from=${addressOf(routed, options)}`
  const referer = getHeader(request.headers, 'referer')
  if (referer !== undefined) text += ` ref=${referer}`
  if (route?.hasExplicitId === true) text += ` route=${route.id}`
  if (typeof result === 'string') text += ` ${result}`
  else text += ` code=${result.status} ${result.bodyBytes}`
  if (line.note !== undefined) text += ` ${line.note}`
  if (line.isRetry === true) text += ' retry'
  const agent = options.logUserAgent ? getHeader(request.headers, 'user-agent') : undefined
  if (agent !== undefined) text += ` ua=${agent}`
  writeRequestLine(log, route, text + lastIdsOf(request))
}

/** Writes a line about a request of a route that `showsRequests`. */
export function writeRequestLine(log: Log, route: Route | undefined, text: string): void {
  if (route?.logLevel === undefined) log.info(text)
  else log.infoAnyway(text)
}

/** What the request says that its client has of channels: ` #CHANNEL=ID` for each. GRIP: Grip-Last. */
function lastIdsOf({ headers }: ClientRequest): string {
  let text = ''
  for (const value of getAllHeaders(headers, 'grip-last')) {
    for (const element of splitList(trimOws(value))) {
      const { value: channel = '', parameters = [] } = parseElement(element) ?? {}
      text += ` #${channel}=${getParameter(parameters, 'last-id') ?? ''}`
    }
  }
  return text
}

/** Whether lines about the requests of a route are written. */
export function showsRequests({ log }: Pick<ProxyEnvironment, 'log'>, route: Route | undefined): boolean {
  const level = route?.logLevel
  return level === undefined ? log.isEnabled('info') : level >= REQUEST_LEVEL
}

function addressOf({ request, trusted }: LoggedRequest, options: ProxyOptions): string {
  const rule = trusted ? options.xForwardedForTrusted : options.xForwardedFor
  return loggedAddress(request.headers, rule, request)
}
