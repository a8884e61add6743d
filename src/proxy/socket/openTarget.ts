import type { OriginOpening, OriginSocketSink } from '../../edges.ts'
import { rewriteTarget } from '../../route/rewriteTarget.ts'
import type { Target } from '../../route/target.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { findLocalOrigin, LOCAL_TARGET, localPath } from '../localTarget.ts'
import { countedOrigin } from '../originCounts.ts'
import { openOverHttp } from '../overHttp/openOverHttp.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'
import { socketHeaders } from './socketHeaders.ts'

/** A client's handshake on its way to an origin. */
export interface SocketRequest {
  readonly routed: RoutedRequest
  /** What origins over HTTP are told as Connection-Id. */
  readonly connectionId: string
}

/** Opens a WebSocket to one target of the route, as the target wants it: natively or over HTTP. */
export function openTarget(
  environment: ProxyEnvironment,
  { routed, connectionId }: SocketRequest,
  { target, sink }: { readonly target: Target; readonly sink: OriginSocketSink },
): OriginOpening {
  const { request, route } = routed
  const local = target.kind === 'http' ? undefined : findLocalOrigin(environment, target)
  const place = target.kind === 'http' ? target : LOCAL_TARGET
  const rewritten = rewriteTarget(route, request.target)
  const path = local === undefined ? rewritten : localPath(route, rewritten)
  const authority = target.hostOverride ?? route.asHost ?? request.authority
  if (target.overHttp) {
    const { clock, log, farewells, stats } = environment
    const traffic = stats.traffic.of(route)
    const job = {
      origin: countedOrigin(environment, traffic, local ?? environment.origin),
      target: place,
      path,
      authority,
      connectionId,
      headers: () => socketHeaders(environment, routed, 'overHttp'),
      oneEvent: target.oneEvent,
      clock,
      log,
      farewells,
    }
    return openOverHttp(job, sink)
  }
  const headers = socketHeaders(environment, routed, 'native')
  const asked = { method: 'GET', path, authority, headers, body: undefined, bodyLength: undefined }
  return (local ?? environment.socketOrigin).openSocket(place, asked, sink)
}
