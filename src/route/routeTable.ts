import { hostOfAuthority, isWildcardDomain } from './domain.ts'
import type { Route } from './route.ts'

/** What of a request decides its route. */
export interface RouteQuery {
  /** The request's authority: host, perhaps with port, in any case. */
  readonly host: string
  /** True when the client speaks TLS, after X-Forwarded-Proto was judged. */
  readonly secure: boolean
  readonly protocol: 'http' | 'ws'
  /** The request target: percent-encoded path, with or without query. */
  readonly path: string
}

/** A found route. These objects live as long as the table: a lookup makes none. */
export interface RouteMatch {
  readonly route: Route
  /** Which rules it was found among: the host's own, those of a wildcard, those for all hosts; or by its id. */
  readonly by: 'host' | 'wildcard' | 'default' | 'id'
}

/** The rules of one domain: for each protocol and scheme those that may match, best first. */
type DomainRules = readonly (readonly RouteMatch[])[]

const DOT = 0x2e

/**
 * Finds the route of a request. Rules of the exact host are asked, else those of the longest wildcard, else those of
 * `*`; a host that has rules never falls back to others (Pushpin). Among them a rule with `proto` beats one without,
 * then the longer `path_beg` wins, then a rule with `ssl`; unlike in Pushpin the order in the file has no say.
 *
 * Immutable: a reload makes a new table.
 */
export class RouteTable {
  /** In the order given. */
  readonly routes: readonly Route[]
  readonly #hosts = new Map<string, DomainRules>()
  /** Keyed by what follows the `*`: `.example.com`. */
  readonly #wildcards = new Map<string, DomainRules>()
  /** Longest first; a host is cut only at these lengths, so one with many labels costs no more. */
  readonly #wildcardLengths: readonly number[]
  readonly #default: DomainRules | undefined
  readonly #byId: ReadonlyMap<string, RouteMatch | 'shared'>

  /** Takes routes as `createRoute` makes them. Of routes with the same condition the first one counts. */
  constructor(routes: readonly Route[]) {
    this.routes = Object.freeze([...routes])
    for (const [domain, group] of groupByDomain(routes)) {
      if (isWildcardDomain(domain)) this.#wildcards.set(domain.slice(1), rankRules(group, 'wildcard'))
      else if (domain === '*') this.#default = rankRules(group, 'default')
      else if (domain !== '') this.#hosts.set(domain, rankRules(group, 'host'))
    }
    const lengths = new Set([...this.#wildcards.keys()].map((suffix) => suffix.length))
    this.#wildcardLengths = [...lengths].sort((a, b) => b - a)
    this.#byId = indexById(routes)
  }

  /** Returns the route for a request, or undefined when there is none (Pushpin answers 502 then). */
  match(query: RouteQuery): RouteMatch | undefined {
    const rules = this.#rulesFor(query.host)
    if (rules === undefined) return undefined
    const ranked = rules[ruleSlot(query)] as readonly RouteMatch[]
    for (let i = 0; i < ranked.length; i++) {
      const match = ranked[i] as RouteMatch
      if (query.path.startsWith(match.route.pathBeg)) return match
    }
    return undefined
  }

  /**
   * Returns the route of that id when the path is one of its own; domain, `proto` and `ssl` are not looked at.
   * `shared` when several routes have the id: the caller then looks the host up, for every kind of request.
   */
  lookupById(id: string, path: string): RouteMatch | 'shared' | undefined {
    const match = this.#byId.get(id)
    if (match === undefined || match === 'shared') return match
    return path.startsWith(match.route.pathBeg) ? match : undefined
  }

  #rulesFor(authority: string): DomainRules | undefined {
    if (this.#hosts.size === 0 && this.#wildcardLengths.length === 0) return this.#default
    const host = hostOfAuthority(authority)
    return this.#hosts.get(host) ?? this.#wildcardRulesFor(host) ?? this.#default
  }

  #wildcardRulesFor(host: string): DomainRules | undefined {
    for (const length of this.#wildcardLengths) {
      const start = host.length - length
      if (start <= 0 || host.charCodeAt(start) !== DOT) continue
      const rules = this.#wildcards.get(host.slice(start))
      if (rules !== undefined) return rules
    }
    return undefined
  }
}

function ruleSlot(query: Pick<RouteQuery, 'protocol' | 'secure'>): number {
  return (query.protocol === 'ws' ? 2 : 0) + (query.secure ? 1 : 0)
}

function groupByDomain(routes: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>()
  for (const route of routes) {
    const group = groups.get(route.domain)
    if (group === undefined) groups.set(route.domain, [route])
    else group.push(route)
  }
  return groups
}

/** Sorts the rules of a domain so that the first one whose path matches is the right one. */
function rankRules(routes: readonly Route[], by: RouteMatch['by']): DomainRules {
  const ranked = [...routes].sort(compareRank).map((route) => Object.freeze({ route, by }))
  const slots: RouteMatch[][] = []
  for (const protocol of ['http', 'ws'] as const) {
    for (const secure of [false, true]) {
      slots[ruleSlot({ protocol, secure })] = ranked.filter(
        ({ route }) => (route.proto ?? protocol) === protocol && (route.ssl ?? secure) === secure,
      )
    }
  }
  return slots
}

function compareRank(a: Route, b: Route): number {
  return (
    Number(b.proto !== undefined) - Number(a.proto !== undefined) ||
    b.pathBeg.length - a.pathBeg.length ||
    Number(b.ssl !== undefined) - Number(a.ssl !== undefined)
  )
}

function indexById(routes: readonly Route[]): Map<string, RouteMatch | 'shared'> {
  const byId = new Map<string, RouteMatch | 'shared'>()
  for (const route of routes) {
    byId.set(route.id, byId.has(route.id) ? 'shared' : Object.freeze({ route, by: 'id' }))
  }
  return byId
}
