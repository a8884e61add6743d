import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import type { ErrorCode, HoldfastError } from '../errors.ts'
import type { Route } from '../route/route.ts'
import type { RoutedRequest } from './findRoute.ts'

/** What is warned of, each by itself: an origin that fails, its stand-in that is asked, instructions or control messages that say nothing, a hold that nothing can reach. */
export type RouteWarningKind = 'origin' | 'failover' | 'instructions' | 'control' | 'channels'

/** What is told of a route to whoever runs the server. */
export interface RouteWarning {
  readonly kind: RouteWarningKind
  readonly text: string
  readonly code?: ErrorCode
}

/** Milliseconds between two warnings of one kind about one route: a dead origin must not fill the disk with them. */
const WARNING_PERIOD_MS = 1000

interface Told {
  atMs: number
  suppressed: number
}

/** By route: those that a reload has taken away are forgotten. */
const told = new WeakMap<Route, Map<RouteWarningKind, Told>>()

/** Says why a request got no answer from its origin. */
export function warnOfOrigin(
  environment: { readonly clock: Clock; readonly log: Log },
  { request, route }: RoutedRequest,
  error: HoldfastError,
): void {
  const step = error.code === 'ORIGIN_UNREACHABLE' ? 'no target accepted a connection: ' : ''
  const text = `${request.method} ${request.target}: ${step}${error.message}`
  warnOfRoute(environment, route, { kind: 'origin', text, code: error.code })
}

/** Warns, at most once a WARNING_PERIOD_MS for each route and kind; the next warning counts those that were left out. */
export function warnOfRoute(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  route: Route,
  { kind, text, code }: RouteWarning,
): void {
  const kinds = told.get(route) ?? new Map<RouteWarningKind, Told>()
  told.set(route, kinds)
  const last = kinds.get(kind)
  const nowMs = clock.now()
  if (last !== undefined && nowMs - last.atMs < WARNING_PERIOD_MS) {
    last.suppressed++
    log.debug(text)
    return
  }
  const more = last === undefined || last.suppressed === 0 ? '' : ` (${last.suppressed} more before)`
  kinds.set(kind, { atMs: nowMs, suppressed: 0 })
  log.warn(text + more, code === undefined ? undefined : { code })
}
