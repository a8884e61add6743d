import type { ClientRequest } from '../edges/client.ts'
import type { ClientHandshake } from '../edges/socket.ts'
import { reasonFor } from '../grip/statusReasons.ts'
import type { Route } from '../route/route.ts'
import { ROUTE_NOT_FOUND } from './errorAnswer.ts'
import { findRoute, type RoutedRequest } from './findRoute.ts'
import { passThroughJob } from './passThrough.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest, unrouted } from './requestLog.ts'
import { SocketOpening } from './socket/socketOpening.ts'
import { pathBelowSockJs } from './sockJs/sockJsPath.ts'
import { type SockJsUpgrade, sockJsUpgrade } from './sockJs/sockJsUpgrade.ts'

/**
 * Takes a client's WebSocket handshake its whole way: route, origin, and then a relay and a hold.
 *
 *     findRoute --none--> 502
 *       below sockjs --> sockJsUpgrade --nothing there--> 404
 *       no_grip --> passed through untouched, where the connections can be joined
 *       SocketOpening --> origin --refuses--> its answer     --fails--> 502, 504
 *         101 --> SocketRelay, SocketHold
 */
export function handleSocket(
  environment: ProxyEnvironment,
  request: ClientRequest,
  handshake: ClientHandshake,
): void {
  environment.counters.requests++
  const routed = findRoute(environment, request, 'ws')
  if (routed === undefined) refuseUnrouted(environment, request, handshake)
  else {
    const below = pathBelowSockJs(routed.route, request.target)
    if (below === undefined) takeRouted(environment, { routed, handshake })
    else takeSockJs(environment, { routed, handshake }, below)
  }
}

/** Opens a WebSocket to the route's origin for a handshake, be it the client's own or one made of HTTP requests. */
export function openSocket(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  handshake: ClientHandshake,
): void {
  new SocketOpening(environment, routed, handshake).start()
}

function takeRouted(environment: ProxyEnvironment, { routed, handshake }: SockJsUpgrade): void {
  const canJoin = handshake.passThrough !== undefined && isUntouched(routed.route)
  if (canJoin) passOn(environment, routed, handshake)
  else openSocket(environment, routed, handshake)
}

function takeSockJs(
  environment: ProxyEnvironment,
  { routed, handshake }: { readonly routed: RoutedRequest; readonly handshake: ClientHandshake },
  below: string,
): void {
  const taken = sockJsUpgrade(environment.sockJs, { routed, handshake, below })
  if ('upgrade' in taken) takeRouted(environment, taken.upgrade)
  else logRequest(environment, { routed, target: undefined, result: taken.refused })
}

/** Whether there is nothing for us to do but to join two connections. */
function isUntouched({ grip, targets }: Route): boolean {
  return !grip && targets.every(({ overHttp, subs }) => !overHttp && subs.length === 0)
}

function passOn(environment: ProxyEnvironment, routed: RoutedRequest, handshake: ClientHandshake): void {
  const job = passThroughJob(environment, routed)
  handshake.passThrough?.({
    ...job,
    // Of this hop only, and asked for anew: the origin is to switch protocols, too. RFC 9110 §7.8.
    headers: [...job.headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
  })
}

function refuseUnrouted(
  environment: ProxyEnvironment,
  request: ClientRequest,
  handshake: ClientHandshake,
): void {
  const { status, text } = ROUTE_NOT_FOUND
  const body = Buffer.from(`${text}\n`)
  handshake.refuse({ status, reason: reasonFor(status), headers: ['Content-Type', 'text/plain'] }, body)
  const result = { status, bodyBytes: body.length }
  const routed = unrouted(environment, request, 'ws')
  logRequest(environment, { routed, target: undefined, result, note: 'no route' })
}
