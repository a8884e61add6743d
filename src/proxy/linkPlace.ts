import { createRoute, type Route } from '../route/route.ts'
import { createTarget } from '../route/target.ts'
import { clientUrl, type HeldRequest } from './heldRequest.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/** Where a link leads: a route to go by, and whether that is one of ours. */
export interface LinkPlace {
  readonly url: URL
  readonly route: Route
  /** False for other hosts, which never get a Grip-Sig. */
  readonly isInternal: boolean
}

/**
 * Finds where a link leads; a text says why it cannot be followed. Links to the place that the client spoke to go by the routes,
 * those to other hosts only where the route allows it. GRIP: Grip-Link.
 */
export function findLink(environment: ProxyEnvironment, held: HeldRequest, url: URL): LinkPlace | string {
  if (url.origin === clientUrl(held).origin) {
    const route = internalRoute(environment, held, url)
    return route === undefined ? `no route for ${url.href}` : { url, route, isInternal: true }
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} links cannot be followed`
  if (!held.route.linkHosts.includes(url.host) && !held.route.linkHosts.includes(url.hostname)) {
    return `host ${url.host} is not allowed: the route has no link_hosts=${url.host}`
  }
  return { url, route: externalRoute(held.route, url), isInternal: false }
}

function internalRoute(environment: ProxyEnvironment, held: HeldRequest, url: URL): Route | undefined {
  const table = environment.routes()
  const found = table.lookupById(held.route.id, url.pathname)
  if (found !== undefined && found !== 'shared') return found.route
  const query = { host: url.host, secure: held.secure, protocol: 'http', path: url.pathname } as const
  return table.match(query)?.route
}

/** A host outside of the routes is as much trusted as the targets of the route that names it. */
function externalRoute(route: Route, url: URL): Route {
  const tls = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  const untrusted = route.targets.some((target) => target.untrusted)
  return createRoute({ targets: [createTarget({ kind: 'http', host, port }, { tls, untrusted })] })
}
