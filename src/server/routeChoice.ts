import type { Config } from '../config/config.ts'
import type { ClientRequest } from '../edges/client.ts'
import { HoldfastError } from '../errors.ts'
import { verifyGripSig } from '../grip/signature.ts'
import type { RouteTargets } from '../ingress/admin/adminTargets.ts'
import { countsAsSecure, findRoute, type RouteLookup } from '../proxy/findRoute.ts'
import { describeRoute } from '../route/describeRoute.ts'
import { explainRejections, type Rejection } from '../route/explainRejections.ts'
import type { Route } from '../route/route.ts'
import { getHeader } from '../util/headers.ts'
import type { RouteBook } from './routeBook.ts'
import { describeSending } from './routeChoice/describeSending.ts'
import { type ImaginedRequest, imagineRequest, type RequestParts } from './routeChoice/imagineRequest.ts'

/** A route as it is shown. Plain data. */
export interface ShownRoute {
  readonly id: string
  /** Where it is written, as `FILE:LINE`; undefined for routes that nobody has written. */
  readonly place?: string | undefined
}

/** Which route a request takes. Plain data. */
export interface RouteChoice {
  readonly method: string
  /** The whole URL. */
  readonly url: string
  /** Null where no route takes it. */
  readonly route: (ShownRoute & { readonly description: string }) | null
  /** What would be sent where, a sentence for each target. */
  readonly sending: readonly string[]
  /** The other routes, and why each is not taken. */
  readonly rejected: readonly (ShownRoute & { readonly reason: string })[]
}

/** The routes in force and what decides among them. */
export interface RouteRules {
  readonly config: Config
  readonly book: RouteBook
}

/** Describes all routes in their order. */
function listRoutes(book: RouteBook): NonNullable<RouteChoice['route']>[] {
  return book.table.routes.map((route) => describe(route, book))
}

/** Says which route a request would take, and why none of the others. Throws what `parts.fault` makes. */
export function chooseRoute(url: string, parts: RequestParts, rules: RouteRules): RouteChoice {
  const imagined = imagineRequest(url, parts)
  const lookup = createLookup(rules)
  const chosen = findRoute(lookup, imagined.request, imagined.protocol)?.route
  const { book } = rules
  return {
    method: imagined.request.method,
    url: imagined.url,
    route: chosen === undefined ? null : describe(chosen, book),
    sending: chosen === undefined ? [] : describeSending(imagined, chosen),
    rejected: rejectionsOf(imagined, { lookup, chosen }).map(({ route, reason }) => {
      return { id: route.id, place: book.placeOf(route), reason }
    }),
  }
}

/** What the admin API tells of the routes of this process. */
export function createRouteTargets(rules: RouteRules): RouteTargets {
  return {
    list: async () => listRoutes(rules.book),
    match: async (query) => chooseRoute(query.url, { ...query, fault }, rules),
  }
}

function fault(text: string): HoldfastError {
  return new HoldfastError('ADMIN_REQUEST_INVALID', text)
}

function describe(route: Route, book: RouteBook): NonNullable<RouteChoice['route']> {
  return { id: route.id, place: book.placeOf(route), description: describeRoute(route) }
}

function createLookup({ config, book }: RouteRules): RouteLookup {
  const { upstreamKey } = config.proxy
  return {
    options: config.proxy,
    routes: () => book.table,
    isTrustedSignature: (token) =>
      upstreamKey !== undefined && verifyGripSig(token, upstreamKey, Math.floor(Date.now() / 1000)),
  }
}

function rejectionsOf(
  { request, protocol, path }: ImaginedRequest,
  { lookup, chosen }: { lookup: RouteLookup; chosen: Route | undefined },
): readonly Rejection[] {
  const table = lookup.routes()
  const named = namedRoute(request, lookup)
  if (named !== undefined && table.lookupById(named, path) !== 'shared') {
    const reason = `the request names ${named} in Pushpin-Route`
    return table.routes.flatMap((route) => {
      if (route === chosen) return []
      return [
        { route, reason: route.id === named ? `the path does not begin with ${route.pathBeg}` : reason },
      ]
    })
  }
  const secure = countsAsSecure(lookup, request)
  return explainRejections(table, { host: request.authority, path, secure, protocol }, chosen)
}

function namedRoute({ headers }: ClientRequest, { options }: RouteLookup): string | undefined {
  return options.acceptPushpinRoute ? getHeader(headers, 'pushpin-route') : undefined
}
