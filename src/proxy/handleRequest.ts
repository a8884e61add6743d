import type { ClientRequest, ClientResponse } from '../edges/client.ts'
import { reasonFor } from '../grip/statusReasons.ts'
import { openToScripts } from './crossOrigin/openToScripts.ts'
import { type ErrorAnswer, ROUTE_NOT_FOUND, SOCKET_EVENTS_FORBIDDEN, sendError } from './errorAnswer.ts'
import { findRoute, type RoutedRequest } from './findRoute.ts'
import { openSocket } from './handleSocket.ts'
import { isSocketEvents } from './originHeaders.ts'
import { passThroughJob } from './passThrough.ts'
import { ProxiedRequest } from './proxiedRequest.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest, unrouted } from './requestLog.ts'
import { explainMistake, isLostPublish, withMistake } from './routeMistakes.ts'
import { pathBelowSockJs } from './sockJs/sockJsPath.ts'
import { handleSockJsRequest } from './sockJs/sockJsRequest.ts'

/**
 * Takes a client's request its whole way: route, origin, and then a relayed answer or a hold.
 *
 *     OPTIONS * --> 204
 *     findRoute --none--> 502
 *       below sockjs --> handleSockJsRequest
 *       no_grip --> passed through untouched
 *       ProxiedRequest --> origin --fails--> 502, 504
 *         no instructions --> relayed
 *         instructions --> acceptInstruct --invalid--> 502
 */
export function handleRequest(
  environment: ProxyEnvironment,
  request: ClientRequest,
  response: ClientResponse,
): void {
  environment.counters.requests++
  if (request.target === '*') {
    answerPing(environment, request, response)
    return
  }
  const routed = findRoute(environment, request)
  if (routed === undefined) {
    refuseUnrouted(environment, request, response)
    return
  }
  const below = pathBelowSockJs(routed.route, request.target)
  if (below !== undefined) {
    takeSockJs(environment, routed, { response, below })
    return
  }
  const { autoCrossOrigin } = environment.options
  if (autoCrossOrigin || routed.route.autoCrossOrigin) {
    const open = openToScripts(routed.route, request, response)
    takeRouted(environment, { ...routed, request: open.request }, open)
  } else {
    takeRouted(environment, routed, { response, fault: undefined })
  }
}

function takeSockJs(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  { response, below }: { readonly response: ClientResponse; readonly below: string },
): void {
  handleSockJsRequest(environment.sockJs, {
    routed,
    response,
    below,
    openSocket: (opened, handshake) => openSocket(environment, opened, handshake),
    onAnswer: (result) => logRequest(environment, { routed, target: undefined, result }),
  })
}

function takeRouted(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  exchange: { readonly response: ClientResponse; readonly fault: ErrorAnswer | undefined },
): void {
  const { response } = exchange
  const fault = exchange.fault ?? forgedEvents(routed)
  if (fault !== undefined) refuseRouted(environment, routed, { response, fault })
  else if (routed.route.grip) new ProxiedRequest(environment, routed, response).start()
  else environment.passthrough(routed.request, response, passThroughJob(environment, routed))
}

function refuseRouted(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  { response, fault }: { readonly response: ClientResponse; readonly fault: ErrorAnswer },
): void {
  const debug = environment.options.debug || routed.route.debug
  const bodyBytes = sendError(response, fault, debug)
  logRequest(environment, {
    routed,
    target: undefined,
    result: { status: fault.status, bodyBytes },
  })
}

/**
 * An origin that takes WebSocket events as HTTP must get them from us alone. Which target will answer is not known yet, so
 * that each counts. GRIP: WebSocket-over-HTTP.
 */
function forgedEvents({ route, request, trusted }: RoutedRequest): ErrorAnswer | undefined {
  const isForged =
    !trusted && route.targets.some(({ overHttp }) => overHttp) && isSocketEvents(request.headers)
  return isForged ? SOCKET_EVENTS_FORBIDDEN : undefined
}

function refuseUnrouted(
  environment: ProxyEnvironment,
  request: ClientRequest,
  response: ClientResponse,
): void {
  const routed = unrouted(environment, request)
  const isPublish = isLostPublish(request)
  if (isPublish) explainMistake(environment, routed, 'publishOnClientPort')
  const answer = isPublish ? withMistake(ROUTE_NOT_FOUND, 'publishOnClientPort') : ROUTE_NOT_FOUND
  const bodyBytes = sendError(response, answer, environment.options.debug)
  const result = { status: ROUTE_NOT_FOUND.status, bodyBytes }
  logRequest(environment, { routed, target: undefined, result, note: 'no route' })
}

/** `OPTIONS *` asks about the server itself, which is us and not an origin. RFC 9110 §9.3.7. */
function answerPing(environment: ProxyEnvironment, request: ClientRequest, response: ClientResponse): void {
  response.head({ status: 204, reason: reasonFor(204), headers: [] })
  response.end()
  const result = { status: 204, bodyBytes: 0 }
  logRequest(environment, { routed: unrouted(environment, request), target: undefined, result })
}
