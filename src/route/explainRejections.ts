import { coversHost, hostOfAuthority } from './domain.ts'
import type { Route } from './route.ts'
import type { RouteQuery, RouteTable } from './routeTable.ts'

/** A route that a request does not take, and why; the reason completes the sentence "not this one: ...". */
export interface Rejection {
  readonly route: Route
  readonly reason: string
}

/** Says of every route of a table but the chosen one why the request does not take it: the rules of `RouteTable`, in words. */
export function explainRejections(
  table: RouteTable,
  query: RouteQuery,
  chosen: Route | undefined,
): Rejection[] {
  const governing = governingDomain(table.routes, hostOfAuthority(query.host))
  const others = table.routes.filter((route) => route !== chosen)
  return others.map((route) => ({ route, reason: whyNot(route, query, { governing, chosen }) }))
}

/** The most specific domain that covers a host: only its rules are asked. */
function governingDomain(routes: readonly Route[], host: string): string | undefined {
  const domains = routes.map(({ domain }) => domain).filter((domain) => coversHost(domain, host))
  if (domains.includes(host)) return host
  // A longer wildcard covers fewer hosts, and `*` is the shortest of all.
  return domains.sort((a, b) => b.length - a.length)[0]
}

function whyNot(
  route: Route,
  query: RouteQuery,
  { governing, chosen }: { governing: string | undefined; chosen: Route | undefined },
): string {
  if (route.domain === '') return 'only requests that name it in Pushpin-Route take it'
  if (!coversHost(route.domain, hostOfAuthority(query.host))) return 'it is for another host'
  if (route.domain !== governing) return `there are rules for ${governing}, and these alone are asked`
  if (route.proto !== undefined && route.proto !== query.protocol) {
    return route.proto === 'ws' ? 'it is for WebSockets' : 'it is not for WebSockets'
  }
  if (route.ssl !== undefined && route.ssl !== query.secure) {
    return route.ssl ? 'it is for TLS' : 'it is for connections without TLS'
  }
  if (!query.path.startsWith(route.pathBeg)) return `the path does not begin with ${route.pathBeg}`
  return `the chosen one ${whyBetter(chosen, route)}`
}

/** Both match: what ranks one of them higher, in the order of `RouteTable`. */
function whyBetter(chosen: Route | undefined, route: Route): string {
  if (chosen?.proto !== undefined && route.proto === undefined) return 'names the protocol'
  if (chosen !== undefined && chosen.pathBeg.length > route.pathBeg.length) return 'has a longer path'
  if (chosen?.ssl !== undefined && route.ssl === undefined) return 'names the scheme'
  return 'comes first'
}
