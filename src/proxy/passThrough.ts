import type { PassthroughJob } from '../edges/passthrough.ts'
import { rewriteTarget } from '../route/rewriteTarget.ts'
import type { RoutedRequest } from './findRoute.ts'
import { openConnection } from './openConnection.ts'
import { originHeaders } from './originHeaders.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'
import { logRequest } from './requestLog.ts'
import { explainMistake, hasInstructions } from './routeMistakes.ts'
import { warnOfOrigin } from './routeWarnings.ts'

/** A request of a `no_grip` route as it is sent on: no signature, and nothing in the answer is an instruction. */
export function passThroughJob(environment: ProxyEnvironment, routed: RoutedRequest): PassthroughJob {
  const { route, request } = routed
  const connection = openConnection(environment, routed)
  return {
    targets: route.targets.filter((target) => target.kind === 'http'),
    path: rewriteTarget(route, request.target),
    authority: route.asHost ?? request.authority,
    headers: originHeaders(environment, routed, false),
    debug: environment.options.debug || route.debug,
    onAnswer: (headers) => {
      if (hasInstructions(headers)) explainMistake(environment, routed, 'gripWithoutSupport')
    },
    onDone: ({ status, target, bodyBytes = 0, error }) => {
      if (error !== undefined) warnOfOrigin(environment, routed, error)
      const result = status === undefined ? 'error' : { status, bodyBytes }
      connection.traffic.clientContentBytesSent += bodyBytes
      connection.traffic.serverContentBytesReceived += bodyBytes
      environment.stats.connections.close(connection)
      logRequest(environment, { routed, target, result })
    },
  }
}
