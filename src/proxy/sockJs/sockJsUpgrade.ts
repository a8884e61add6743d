import type { ClientHandshake } from '../../edges/socket.ts'
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

/** What becomes of a handshake: it goes on, or was answered. */
export type SockJsUpgradeOutcome =
  | { readonly upgrade: SockJsUpgrade }
  | { readonly refused: { readonly status: number; readonly bodyBytes: number } }

/**
 * Takes a WebSocket handshake for SockJS: `/websocket` as it is, that of a session with frames around its messages. Others are
 * refused. Pushpin: `sockjs`.
 */
export function sockJsUpgrade(
  environment: SockJsEnvironment,
  client: { readonly routed: RoutedRequest; readonly handshake: ClientHandshake; readonly below: string },
): SockJsUpgradeOutcome {
  const { routed, handshake } = client
  const place = parseSockJsPath(client.below)
  if (place.kind !== 'rawSocket' && place.kind !== 'session') {
    const { status, headers, body } = NOT_FOUND
    handshake.refuse({ status, reason: reasonFor(status), headers }, Buffer.from(body))
    return { refused: { status, bodyBytes: body.length } }
  }
  const path = sockJsOriginPath(routed.route, 'socket')
  const opened = originRequest(routed, { path, target: routed.request.target })
  return place.kind === 'rawSocket'
    ? { upgrade: { routed: opened, handshake } }
    : { upgrade: { routed: opened, handshake: new FramedHandshake(environment, handshake) } }
}
