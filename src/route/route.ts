import type { RawHeaders } from '../util/headers.ts'
import { normalizeDomain } from './domain.ts'
import { routeError } from './routeError.ts'
import type { Target } from './target.ts'
import { toWirePath } from './wirePath.ts'

/** How JSON-P requests of a route are read and answered. Pushpin: `jsonp_*`. */
export interface JsonpOptions {
  readonly mode: 'basic' | 'extended'
  /** Query parameter that carries the callback's name. */
  readonly callbackParam: string
  /** Query parameter that carries the body; `_body` is meant when undefined. */
  readonly bodyParam: string | undefined
  /** Callback used when a request has only the body parameter. */
  readonly defaultCallback: string | undefined
  readonly defaultMethod: string
}

/** One rule: which requests it is for, what it does to them, where they go. Frozen; made by `createRoute`. */
export interface Route {
  /** What `Pushpin-Route` and retries call it: the `id` property, else made of the condition. */
  readonly id: string
  /** True when the rule names its id itself; Pushpin keeps separate statistics for such rules. */
  readonly hasExplicitId: boolean
  /** A host, `*.example.com`, `*` for hosts without rules of their own, or empty: reached by its id only. */
  readonly domain: string
  readonly proto: 'http' | 'ws' | undefined
  /** The scheme the client used, or undefined for any. */
  readonly ssl: boolean | undefined
  /** Prefix of the percent-encoded target; empty for any. */
  readonly pathBeg: string
  readonly sigIss: string | undefined
  /** Key text as written (plain, `base64:`, `file:`): a secret, not to be shown. */
  readonly sigKey: string | undefined
  /** Put before the name of every channel that an origin's answer subscribes to. */
  readonly prefix: string
  readonly origHeaders: boolean
  /** `name[:port]` that takes the place of the client's Host. */
  readonly asHost: string | undefined
  /** Characters to cut from the start of the percent-encoded path (`path_rem`, `replace_beg`). */
  readonly pathRemove: number
  /** What is then put before the path (`replace_beg`). */
  readonly pathPrepend: string
  readonly debug: boolean
  readonly autoCrossOrigin: boolean
  readonly jsonp: JsonpOptions
  readonly session: boolean
  /** Percent-encoded path below which SockJS clients are served. */
  readonly sockJsPath: string | undefined
  /** Percent-encoded path that the origin sees for them. */
  readonly sockJsAsPath: string | undefined
  /** Headers set on the origin request: fields of that name are removed, then the value, unless empty, is added. */
  readonly setHeaders: RawHeaders
  /** False with `no_grip`: a plain reverse proxy. */
  readonly grip: boolean
  readonly logLevel: number | undefined
  /** Hosts, with port where it is not the scheme's own, to which Grip-Link may lead beside the client's. Ours. */
  readonly linkHosts: readonly string[]
  readonly targets: readonly Target[]
}

/** What `createRoute` takes: anything of a route; only `targets` is needed. `id` set here is an explicit one. */
export type RouteOptions = Partial<Omit<Route, 'hasExplicitId' | 'targets'>> & Pick<Route, 'targets'>

/** Defaults of Pushpin for JSON-P. */
export const DEFAULT_JSONP: JsonpOptions = Object.freeze({
  mode: 'extended',
  callbackParam: 'callback',
  bodyParam: undefined,
  defaultCallback: undefined,
  defaultMethod: 'GET',
})

const DEFAULTS = {
  proto: undefined,
  ssl: undefined,
  sigIss: undefined,
  sigKey: undefined,
  prefix: '',
  origHeaders: false,
  asHost: undefined,
  pathRemove: 0,
  debug: false,
  autoCrossOrigin: false,
  session: false,
  sockJsPath: undefined,
  sockJsAsPath: undefined,
  grip: true,
  logLevel: undefined,
  linkHosts: [],
} as const

/**
 * Makes a frozen route for all hosts, or for what the options say. Domain and paths are brought into the form in
 * which requests have them.
 *
 * @throws HoldfastError ROUTE_INVALID without targets, or with a domain that is not a host name
 */
export function createRoute(options: RouteOptions): Route {
  if (options.targets.length === 0) throw routeError('must specify condition and at least one target')
  const condition = {
    domain: normalizeDomain(options.domain ?? '*'),
    proto: options.proto,
    ssl: options.ssl,
    pathBeg: toWirePath(options.pathBeg ?? ''),
  }
  return Object.freeze({
    ...DEFAULTS,
    ...options,
    ...condition,
    id: options.id || idOfCondition(condition),
    hasExplicitId: Boolean(options.id),
    jsonp: Object.freeze({ ...(options.jsonp ?? DEFAULT_JSONP) }),
    pathPrepend: toWirePath(options.pathPrepend ?? ''),
    sockJsPath: options.sockJsPath && toWirePath(options.sockJsPath),
    sockJsAsPath: options.sockJsAsPath && toWirePath(options.sockJsAsPath),
    setHeaders: Object.freeze([...(options.setHeaders ?? [])]),
    targets: Object.freeze([...options.targets]),
  })
}

/**
 * Pushpin: id of a rule without one, `domain,proto,ssl,path` with `*` for what is not said. Its `ssl` and `no-ssl`
 * are not swapped as Pushpin's are.
 */
function idOfCondition(condition: Pick<Route, 'domain' | 'proto' | 'ssl' | 'pathBeg'>): string {
  const scheme = condition.ssl === undefined ? '*' : condition.ssl ? 'ssl' : 'no-ssl'
  return `${condition.domain || '*'},${condition.proto ?? '*'},${scheme},${condition.pathBeg || '*'}`
}
