import type { ClientRequest, ClientResponse } from '../edges.ts'
import { openToScripts } from './crossOrigin/openToScripts.ts'
import { type ErrorAnswer, ROUTE_NOT_FOUND, SOCKET_EVENTS_FORBIDDEN, sendError } from './errorAnswer.ts'
import { findRoute, type RoutedRequest } from './findRoute.ts'
import { isSocketEvents } from './originHeaders.ts'
import { passThroughJob } from './passThrough.ts'
import { ProxiedRequest } from './proxiedRequest.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest } from './requestLog.ts'

/**
 * Takes a client's request its whole way: route, origin, and then a relayed answer or a hold.
 *
 *     findRoute --none--> 502
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
  const routed = findRoute(environment, request)
  if (routed === undefined) {
    refuseUnrouted(environment, request, response)
    return
  }
  if (!routed.route.grip) {
    environment.passthrough(request, response, passThroughJob(environment, routed))
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

function takeRouted(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  exchange: { readonly response: ClientResponse; readonly fault: ErrorAnswer | undefined },
): void {
  const { response } = exchange
  const forged = !routed.trusted && forgesSocketEvents(routed) ? SOCKET_EVENTS_FORBIDDEN : undefined
  const refusal = exchange.fault ?? forged
  if (refusal !== undefined) {
    const debug = environment.options.debug || routed.route.debug
    const bodyBytes = sendError(response, refusal, debug)
    logRequest(environment.log, environment.options, {
      routed,
      target: undefined,
      result: { status: refusal.status, bodyBytes },
    })
    return
  }
  new ProxiedRequest(environment, routed, response).start()
}

/** An origin that takes WebSocket events as HTTP must get them from us alone. GRIP: WebSocket-over-HTTP. */
function forgesSocketEvents(routed: RoutedRequest): boolean {
  const first = routed.route.targets[0]
  return first?.overHttp === true && isSocketEvents(routed.request.headers)
}

function refuseUnrouted(
  environment: ProxyEnvironment,
  request: ClientRequest,
  response: ClientResponse,
): void {
  sendError(response, ROUTE_NOT_FOUND, environment.options.debug)
  if (environment.log.isEnabled('info')) {
    const scheme = request.secure ? 'https' : 'http'
    environment.log.info(
      `${request.method} ${scheme}://${request.authority}${request.target} code=502 no route`,
    )
  }
}
