import type { ClientHandshake, ClientRequest } from '../edges.ts'
import { reasonFor } from '../grip/statusReasons.ts'
import { type ErrorAnswer, ROUTE_NOT_FOUND } from './errorAnswer.ts'
import { findRoute } from './findRoute.ts'
import { passThroughJob } from './passThrough.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest, unrouted } from './requestLog.ts'

const SOCKETS_NOT_SERVED: ErrorAnswer = {
  status: 501,
  text: 'WebSocket connections are served on routes with no_grip only.',
}

/** Takes a WebSocket handshake its way: only routes that are passed through untouched take it so far. */
export function handleUpgrade(
  environment: ProxyEnvironment,
  request: ClientRequest,
  handshake: ClientHandshake,
): void {
  environment.counters.requests++
  const routed = findRoute(environment, request, 'ws')
  if (routed === undefined || routed.route.grip) {
    const answer = routed === undefined ? ROUTE_NOT_FOUND : SOCKETS_NOT_SERVED
    const result = { status: answer.status, bodyBytes: refuse(handshake, answer) }
    const logged = routed ?? unrouted(environment, request)
    const note = routed === undefined ? { note: 'no route' } : {}
    logRequest(environment, { routed: logged, target: undefined, result, ...note })
    return
  }
  const job = passThroughJob(environment, routed, { kind: 'ws' })
  handshake.passThrough({
    ...job,
    // Of this hop only, and asked for anew: the origin is to switch protocols, too. RFC 9110 §7.8.
    headers: [...job.headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
  })
}

/** Returns the bytes of the answer's body. */
function refuse(handshake: ClientHandshake, { status, text }: ErrorAnswer): number {
  const body = Buffer.from(`${text}\n`)
  handshake.refuse({ status, reason: reasonFor(status), headers: ['Content-Type', 'text/plain'] }, body)
  return body.length
}
