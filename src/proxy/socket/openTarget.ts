import type { OriginOpening, OriginSocketSink } from '../../edges/originSocket.ts'
import type { Target } from '../../route/target.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { findLocalOrigin, LOCAL_TARGET } from '../localTarget.ts'
import { openOverHttp } from '../overHttp/openOverHttp.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'
import { socketHeaders } from './socketHeaders.ts'
import { originAuthority, originPath, SocketJob } from './socketJob.ts'

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
  if (target.overHttp) {
    return openOverHttp(new SocketJob(environment, routed, { target, connectionId }), sink)
  }
  const asked = {
    method: 'GET',
    path: originPath(routed, target),
    authority: originAuthority(routed, target),
    headers: socketHeaders(environment, routed, 'native'),
    body: undefined,
    bodyLength: undefined,
  }
  if (target.kind === 'http') return environment.socketOrigin.openSocket(target, asked, sink)
  return findLocalOrigin(environment, target).openSocket(LOCAL_TARGET, asked, sink)
}
