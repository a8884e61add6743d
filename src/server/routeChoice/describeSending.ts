import { rewriteTarget } from '../../route/rewriteTarget.ts'
import type { Route } from '../../route/route.ts'
import { type Target, targetName } from '../../route/target.ts'
import { hostField } from '../../util/hostField.ts'
import type { ImaginedRequest } from './imagineRequest.ts'

/** Says, a line for each target, what would be sent where. Targets after the first are for when nothing accepts a connection. */
export function describeSending({ request, protocol }: ImaginedRequest, route: Route): string[] {
  const path = rewriteTarget(route, request.target)
  return route.targets.map((target, i) => {
    const host = hostField(target, route.asHost ?? request.authority)
    const as =
      protocol === 'ws' ? (target.overHttp ? 'as WebSocket-over-HTTP' : 'as a WebSocket') : request.method
    return `${i === 0 ? 'to' : 'else to'} ${addressOf(target)}: ${as} ${path}, Host: ${host}`
  })
}

function addressOf(target: Target): string {
  return target.tls ? `${targetName(target)} by TLS` : targetName(target)
}
