import type { ClientHandshake } from '../../edges.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { NOT_FOUND } from './answers.ts'
import { FramedHandshake } from './framedHandshake.ts'
import { originRequest } from './originRequest.ts'
import type { SockJsEnvironment } from './sockJsEnvironment.ts'
import { parseSockJsPath, sockJsOriginPath } from './sockJsPath.ts'

/** A client's handshake as the origin is to know it. */
export interface SockJsUpgrade {
  readonly routed: RoutedRequest
  readonly handshake: ClientHandshake
}

/**
 * Takes a WebSocket handshake for SockJS: `/websocket` as it is, that of a session with frames around its messages. Others are
 * refused: undefined then. Pushpin: `sockjs`.
 */
export function sockJsUpgrade(
  environment: SockJsEnvironment,
  upgrade: SockJsUpgrade,
  below: string,
): SockJsUpgrade | undefined {
  const { routed, handshake } = upgrade
  const place = parseSockJsPath(below)
  if (place.kind !== 'rawSocket' && place.kind !== 'session') {
    const { status, headers, body } = NOT_FOUND
    handshake.refuse({ status, reason: reasonFor(status), headers }, Buffer.from(body))
    return undefined
  }
  const { route, request } = routed
  const path = sockJsOriginPath(route, 'socket')
  return {
    routed: originRequest(routed, { path, target: request.target }),
    handshake: place.kind === 'session' ? new FramedHandshake(environment, handshake) : handshake,
  }
}
