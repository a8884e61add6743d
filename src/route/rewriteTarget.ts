import type { Route } from './route.ts'

/**
 * Applies `path_rem` and `replace_beg` to a request target (percent-encoded path and query). The query stays as it
 * is, and the result starts with `/` where Pushpin could make a target without one. `OPTIONS *` has no path to change.
 */
export function rewriteTarget(route: Route, target: string): string {
  if (route.pathRemove === 0 && route.pathPrepend === '') return target
  if (target === '*') return target
  const queryStart = target.indexOf('?')
  const pathLength = queryStart < 0 ? target.length : queryStart
  const rewritten = route.pathPrepend + target.slice(Math.min(route.pathRemove, pathLength))
  return rewritten.startsWith('/') ? rewritten : `/${rewritten}`
}
