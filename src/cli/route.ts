import type { CommandLine, Flag } from '../config/commandLine.ts'
import type { Config } from '../config/config.ts'
import type { ClientRequest } from '../edges.ts'
import { verifyGripSig } from '../grip/signature.ts'
import { countsAsSecure, findRoute, type RouteLookup } from '../proxy/findRoute.ts'
import { describeRoute } from '../route/describeRoute.ts'
import { explainRejections, type Rejection } from '../route/explainRejections.ts'
import type { Route } from '../route/route.ts'
import type { RouteBook } from '../server/routeBook.ts'
import { getHeader } from '../util/headers.ts'
import { EXIT } from './exit.ts'
import { loadRoutes } from './loadRoutes.ts'
import { print } from './output.ts'
import { describeSending } from './route/describeSending.ts'
import { type ImaginedRequest, imagineRequest } from './route/imagineRequest.ts'
import { runCommand } from './runCommand.ts'
import { loadFor, SERVER_FLAGS } from './serverFlags.ts'

const FLAGS: readonly Flag[] = [
  {
    name: 'header',
    short: ['H'],
    argument: 'NAME: VALUE',
    about: 'A header of the request; may be repeated. Upgrade: websocket makes it a WebSocket.',
  },
  { name: 'method', argument: 'METHOD', about: 'Its method, by default GET.' },
  ...SERVER_FLAGS,
]

const ABOUT = `Says which route and target a request for URL would take, and why it would take none of the others. Nothing is sent. URL may
be ws://... or a path alone, which is for localhost.`

/** Explains the way of a request; answers the exit code, which is 1 where no route takes it. */
export function route(argv: readonly string[]): Promise<number> {
  return runCommand(
    { usage: 'route URL', about: ABOUT, flags: FLAGS, words: [1, 1], failure: EXIT.badConfiguration, run },
    argv,
  )
}

async function run(line: CommandLine): Promise<number> {
  const imagined = imagineRequest(line.words[0] ?? '', {
    method: line.values.get('method')?.at(-1) ?? 'GET',
    headerLines: line.values.get('header') ?? [],
  })
  const { config } = loadFor(line)
  const { book } = loadRoutes(config)
  const chosen = explain(imagined, config, book)
  return chosen === undefined ? EXIT.failed : EXIT.ok
}

/** Prints the whole answer; returns the route. */
function explain(imagined: ImaginedRequest, config: Config, book: RouteBook): Route | undefined {
  const { request, protocol } = imagined
  const lookup = createLookup(config, book)
  const routed = findRoute(lookup, request, protocol)
  const chosen = routed?.route
  const lines = [`${request.method} ${imagined.url}`, '']
  if (chosen === undefined) lines.push('No route takes it: it gets 502.')
  else
    lines.push(
      `It takes ${nameOf(chosen, book)}:`,
      `  ${describeRoute(chosen)}`,
      ...describeSending(imagined, chosen),
    )
  const rejections = rejectionsOf(imagined, { lookup, chosen })
  if (rejections.length > 0) lines.push('', 'Not the others:')
  for (const { route, reason } of rejections) lines.push(`  ${nameOf(route, book)}: ${reason}`)
  print(`${lines.join('\n')}\n`)
  return chosen
}

function createLookup({ proxy }: Config, book: RouteBook): RouteLookup {
  const { upstreamKey } = proxy
  return {
    options: proxy,
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

/** Where a route is written, with its id. */
function nameOf(route: Route, book: RouteBook): string {
  const place = book.placeOf(route)
  return place === undefined ? `the route ${route.id}` : `${place} (${route.id})`
}
