import type { ClientRequest } from '../edges/client.ts'
import type { Route } from '../route/route.ts'
import { getHeader } from '../util/headers.ts'
import type { ProxyEnvironment, ProxyOptions } from './proxyEnvironment.ts'

/** A request with its route. */
export interface RoutedRequest {
  readonly request: ClientRequest
  /** What it asks for: an answer, or a WebSocket. */
  readonly protocol: 'http' | 'ws'
  readonly route: Route
  /** True when the client's side counts as TLS, be it by X-Forwarded-Proto. */
  readonly secure: boolean
  /** The request carries a valid Grip-Sig of the GRIP proxy before us. GRIP: upstream_key. */
  readonly trusted: boolean
}

/** What a route is found by. */
export interface RouteLookup extends Pick<ProxyEnvironment, 'routes' | 'isTrustedSignature'> {
  readonly options: Pick<ProxyOptions, 'acceptPushpinRoute' | 'acceptXForwardedProtocol'>
}

/** Finds the route that takes a request; undefined when none does. GRIP: routes, Pushpin-Route. */
export function findRoute(
  environment: RouteLookup,
  request: ClientRequest,
  protocol: 'http' | 'ws' = 'http',
): RoutedRequest | undefined {
  const secure = countsAsSecure(environment, request)
  const route = lookUp(environment, request, { secure, protocol })
  if (route === undefined) return undefined
  const signature = getHeader(request.headers, 'grip-sig')
  const trusted = signature !== undefined && environment.isTrustedSignature(signature)
  return { request, protocol, route, secure, trusted }
}

/** Finds the route of a request that was routed before: by its id, as long as there is one route of that id. */
export function findRouteAgain(environment: RouteLookup, routed: RoutedRequest): RoutedRequest | undefined {
  const { request, secure, protocol } = routed
  const path = pathOf(request.target)
  const found = environment.routes().lookupById(routed.route.id, path)
  const route = found === 'shared' ? lookUp(environment, request, { secure, protocol }) : found?.route
  return route === undefined ? undefined : { ...routed, route }
}

function lookUp(
  environment: RouteLookup,
  request: ClientRequest,
  kind: { readonly secure: boolean; readonly protocol: 'http' | 'ws' },
): Route | undefined {
  const table = environment.routes()
  const path = pathOf(request.target)
  const id = environment.options.acceptPushpinRoute ? getHeader(request.headers, 'pushpin-route') : undefined
  // An empty one names no route, as in Pushpin.
  if (id !== undefined && id !== '') {
    const found = table.lookupById(id, path)
    if (found !== 'shared') return found?.route
  }
  return table.match({ host: request.authority, path, ...kind })?.route
}

/** Whether the client's side counts as TLS, be it by X-Forwarded-Proto. */
export function countsAsSecure(environment: RouteLookup, request: ClientRequest): boolean {
  if (request.secure || !environment.options.acceptXForwardedProtocol) return request.secure
  const protocol =
    getHeader(request.headers, 'x-forwarded-proto') ?? getHeader(request.headers, 'x-forwarded-protocol')
  return protocol === 'https' || protocol === 'wss'
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}
