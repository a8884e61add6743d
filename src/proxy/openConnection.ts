import type { Connection } from '../stats/connections.ts'
import { requestBytes } from '../stats/headBytes.ts'
import { getHeader } from '../util/headers.ts'
import type { RoutedRequest } from './findRoute.ts'
import { loggedAddress } from './forwardedFor.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/**
 * Counts a request in that has its route; who opens a connection closes it, or gives it to a hold. `givenId` is what its
 * origin is told as Connection-Id.
 */
export function openConnection(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  givenId?: string,
): Connection {
  const { request, route } = routed
  const { traffic, connections } = environment.stats
  const counted = traffic.of(route)
  counted.activity++
  counted.clientHeaderBytesReceived += requestBytes(request.method, request.target, request.headers)
  return connections.open({
    kind: routed.protocol,
    givenId,
    routeId: route.id,
    traffic: counted,
    peerAddress: logicalAddress(environment, routed),
    isSecure: routed.secure,
    nowMs: environment.clock.now(),
  })
}

/** Undefined where nobody asks for it yet and the client's own address is all there is: a hold can tell that later. */
function logicalAddress(
  { options, stats }: ProxyEnvironment,
  { request, trusted }: RoutedRequest,
): string | undefined {
  const isForwarded = getHeader(request.headers, 'x-forwarded-for') !== undefined
  if (!isForwarded) return stats.connections.watcher === undefined ? undefined : request.peerAddress
  const rule = trusted ? options.xForwardedForTrusted : options.xForwardedFor
  return loggedAddress(request.headers, rule, request)
}
