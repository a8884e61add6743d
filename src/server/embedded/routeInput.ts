import type { RequestListener } from 'node:http'
import { HoldfastError } from '../../errors.ts'
import type { FetchFunction } from '../../origin/fetchOrigin.ts'
import type { SocketFunction } from '../../origin/inProcessSocket.ts'
import { parseRoute } from '../../route/parseRoute.ts'
import { createRoute, type Route, type RouteOptions } from '../../route/route.ts'
import { createTarget, type Target } from '../../route/target.ts'

/** An origin inside the program. */
export type OriginInput =
  /** A function of the Fetch standard, such as the `fetch` of a Hono app. WebSockets come to it over HTTP. */
  | FetchFunction
  /** The same, with a function of its own that takes WebSockets. */
  | { readonly fetch: FetchFunction; readonly webSocket?: SocketFunction }
  /** What takes the requests of a node:http server: an Express app, Fastify's `routing`. It gets a port on 127.0.0.1. */
  | { readonly listener: RequestListener }

/** A route; what it does not say is as in a routes file. Lines of a routes file can say more. */
export interface RouteInput {
  /** A host, `*.example.com` or `*`, which is the default. */
  readonly host?: string
  /** Beginning of the path; by default any. */
  readonly path?: string
  /** Where requests go: a target as in a routes file (`localhost:3000`, `unix:/run/app.sock`), several to be tried in order, or code. */
  readonly origin: string | readonly string[] | OriginInput
  readonly id?: string
  /** Put before the name of every channel. */
  readonly prefix?: string
  /** Whether clients are told why a request failed. */
  readonly debug?: boolean
  /** CORS headers for all. */
  readonly crossOrigin?: boolean
  /** Signs Grip-Sig: text, `base64:TEXT` or `file:PATH`. */
  readonly sigKey?: string
  readonly sigIss?: string
}

/** Gives an origin of the program a target that leads to it. */
export type PlaceOrigin = (origin: OriginInput) => Target | Promise<Target>

/** Routes, and sentences on what is odd about them. */
export interface ParsedRoutes {
  readonly routes: readonly Route[]
  readonly warnings: readonly string[]
}

/** Makes routes of lines and objects, and of an origin for all the rest. Throws ROUTE_INVALID that says which one. */
export async function parseRouteInputs(
  {
    routes = [],
    origin,
  }: { readonly routes?: readonly (string | RouteInput)[]; readonly origin?: RouteInput['origin'] },
  placeOrigin: PlaceOrigin,
): Promise<ParsedRoutes> {
  const named = routes.map((input, i) => [`routes[${i}]`, input] as const)
  const parsed: ParsedRoutes[] = []
  for (const [name, input] of [
    ...named,
    ...(origin === undefined ? [] : [['origin', { origin }] as const]),
  ]) {
    const { routes, warnings } = await attempt(name, () => parseInput(input, placeOrigin))
    parsed.push({ routes, warnings: warnings.map((warning) => `${name}: ${warning}`) })
  }
  return {
    routes: parsed.flatMap(({ routes }) => routes),
    warnings: parsed.flatMap(({ warnings }) => warnings),
  }
}

async function parseInput(input: string | RouteInput, placeOrigin: PlaceOrigin): Promise<ParsedRoutes> {
  if (typeof input === 'string') {
    const parsed = parseRoute(input)
    return parsed === undefined
      ? { routes: [], warnings: [] }
      : { routes: [parsed.route], warnings: parsed.warnings }
  }
  const { host, path, origin, crossOrigin, sigKey, sigIss } = input
  const options: RouteOptions = {
    domain: host ?? '*',
    pathBeg: path ?? '',
    id: input.id ?? '',
    prefix: input.prefix ?? '',
    debug: input.debug ?? false,
    autoCrossOrigin: crossOrigin ?? false,
    sigKey,
    sigIss,
    targets: await targetsOf(origin, placeOrigin),
  }
  if (path !== undefined && !path.startsWith('/')) throw routeFault(`path must start with '/': '${path}'`)
  return { routes: [createRoute(options)], warnings: [] }
}

async function targetsOf(origin: RouteInput['origin'], placeOrigin: PlaceOrigin): Promise<readonly Target[]> {
  if (typeof origin === 'string') return parseTargets(origin)
  if (Array.isArray(origin)) return (origin as readonly string[]).flatMap(parseTargets)
  return [await placeOrigin(origin as OriginInput)]
}

function parseTargets(text: string): readonly Target[] {
  return parseRoute(`* ${text}`)?.route.targets ?? []
}

/** Makes the target of an origin that is found by its name. */
export function localTarget(name: string, takesSockets: boolean): Target {
  return createTarget({ kind: 'local', name }, { overHttp: !takesSockets })
}

async function attempt<T>(place: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    throw new HoldfastError(error.code, `${place}: ${error.message}`, { cause: error })
  }
}

function routeFault(text: string): HoldfastError {
  return new HoldfastError('ROUTE_INVALID', text)
}
