import { isWildcardDomain } from './domain.ts'
import type { Route } from './route.ts'
import { type Target, targetName } from './target.ts'

/** Says in one English sentence which requests a route is for, where they go and what is changed. Shows no key. */
export function describeRoute(route: Route): string {
  const targets = route.targets.map(describeTarget).join(', else to ')
  const changes = describeChanges(route)
  const tail = changes.length === 0 ? '' : `; ${changes.join('; ')}`
  return `${describeRequests(route)} go to ${targets}${tail}.`
}

function describeRequests(route: Route): string {
  const kind = { http: 'HTTP requests', ws: 'WebSocket connections', any: 'Requests' }[route.proto ?? 'any']
  const scheme = route.ssl === undefined ? '' : route.ssl ? ' over TLS' : ' without TLS'
  const path = route.pathBeg === '' ? '' : ` whose path begins with ${route.pathBeg}`
  return `${kind}${scheme} ${describeDomain(route)}${path}`
}

function describeDomain(route: Route): string {
  if (route.domain === '') return `that name the route '${route.id}'`
  if (route.domain === '*') return 'for any host without rules of its own'
  if (isWildcardDomain(route.domain)) return `for hosts below ${route.domain.slice(2)}`
  return `for ${route.domain}`
}

function describeTarget(target: Target): string {
  const facts: string[] = []
  if (target.tls) facts.push(target.insecure ? 'TLS with any certificate' : 'TLS')
  if (target.overHttp) facts.push('WebSockets as HTTP requests')
  if (target.untrusted) facts.push('public addresses only')
  if (target.hostOverride !== undefined) facts.push(`as host ${target.hostOverride}`)
  if (target.subs.length > 0) facts.push(`holds get ${target.subs.join(', ')}`)
  const kind = target.kind === 'test' ? 'the built-in test origin' : targetName(target)
  return facts.length === 0 ? kind : `${kind} (${facts.join(', ')})`
}

function describeChanges(route: Route): string[] {
  const changes: string[] = []
  if (route.pathRemove > 0) changes.push(`the first ${route.pathRemove} characters of the path are cut off`)
  if (route.pathPrepend !== '') changes.push(`the path gets ${route.pathPrepend} in front`)
  if (route.asHost !== undefined) changes.push(`the host becomes ${route.asHost}`)
  if (route.prefix !== '') changes.push(`channel names get the prefix ${route.prefix}`)
  if (route.setHeaders.length > 0) changes.push(`headers set: ${headerNames(route).join(', ')}`)
  if (!route.grip) changes.push('without GRIP')
  if (route.debug) changes.push('errors are explained to the client')
  return changes
}

function headerNames(route: Route): string[] {
  return route.setHeaders.filter((_, i) => i % 2 === 0)
}
