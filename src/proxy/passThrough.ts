import type { ClientResponse, OriginTarget } from '../edges.ts'
import { rewriteTarget } from '../route/rewriteTarget.ts'
import { originFailure, sendError } from './errorAnswer.ts'
import type { RoutedRequest } from './findRoute.ts'
import { originHeaders } from './originHeaders.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest } from './requestLog.ts'

/** Sends a request of a `no_grip` route on as it is: no signature, and nothing in the answer is an instruction. */
export function passThrough(
  environment: ProxyEnvironment,
  routed: RoutedRequest,
  response: ClientResponse,
): void {
  const { route, request } = routed
  environment.passthrough(request, response, {
    targets: route.targets.filter((target) => target.kind === 'http') satisfies readonly OriginTarget[],
    path: rewriteTarget(route, request.target),
    authority: route.asHost ?? request.authority,
    headers: originHeaders(environment, routed, false),
    onDone: ({ status, target, error }) => {
      if (error !== undefined && !response.started) {
        const debug = environment.options.debug || route.debug
        const failure = originFailure(error, target === undefined ? [] : [target])
        const bodyBytes = sendError(response, failure, debug)
        logRequest(environment.log, environment.options, {
          routed,
          target,
          result: { status: failure.status, bodyBytes },
        })
        return
      }
      const result = status === undefined || error !== undefined ? 'error' : { status, bodyBytes: 0 }
      logRequest(environment.log, environment.options, { routed, target, result })
    },
  })
}
