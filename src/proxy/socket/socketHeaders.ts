import { findGripEntry, GRIP_EXTENSION } from '../../grip/gripExtension.ts'
import type { RawHeaders } from '../../util/headers.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { originHeaders } from '../originHeaders.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'

/** How an origin's WebSocket is made: of frames, or of HTTP requests. */
export type SocketMode = 'native' | 'overHttp'

/** Of the client's hop: extensions are negotiated on each by itself. */
const EXTENSIONS = 'sec-websocket-extensions'

/** Written anew by whoever opens a native WebSocket; over HTTP the client's are passed on. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['sec-websocket-key', 'sec-websocket-version'])

/** Builds the fields of the request that opens an origin's WebSocket, without Host. grip-websocket.md §3. */
export function socketHeaders(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  mode: SocketMode,
): RawHeaders {
  const headers: string[] = []
  const sent = originHeaders(environment, routed, routed.route.grip)
  for (let i = 0; i < sent.length; i += 2) {
    const name = sent[i] as string
    const lowerName = name.toLowerCase()
    if (lowerName === EXTENSIONS || lowerName === 'content-encoding') continue
    if (mode === 'native' && OWN_FIELDS.has(lowerName)) continue
    headers.push(name, shownValue(environment, routed, { lowerName, value: sent[i + 1] as string, mode }))
  }
  if (offersGrip(routed)) headers.push('Sec-WebSocket-Extensions', GRIP_EXTENSION)
  return headers
}

/**
 * Tells whether the origin is to be offered GRIP. A deviation: what a GRIP proxy in front of us does not understand, we don't
 * offer in its name, as the origin's instructions would end up with the client.
 */
export function offersGrip({ route, trusted, request }: RoutedRequest): boolean {
  return route.grip && (!trusted || findGripEntry(request.headers) !== undefined)
}

/**
 * Pushpin tells origins `wss` in both modes. Over HTTP the request is a POST, whose scheme frameworks compare with `https`
 * (Django's SECURE_PROXY_SSL_HEADER, Express's req.secure) and else redirect: a deviation there.
 */
function shownValue(
  { options }: ProxyEnvironment,
  { secure }: RoutedRequest,
  {
    lowerName,
    value,
    mode,
  }: { readonly lowerName: string; readonly value: string; readonly mode: SocketMode },
): string {
  const isForwarded = lowerName === 'x-forwarded-proto' || lowerName === 'x-forwarded-protocol'
  return isForwarded && secure && mode === 'native' && options.setXForwardedProtocol !== 'off' ? 'wss' : value
}
