import { parseRoute } from '../../src/route/parseRoute.ts'
import type { Route } from '../../src/route/route.ts'

/** Makes the route of a line that has one; throws for a blank line. */
export function routeOf(line: string): Route {
  const parsed = parseRoute(line)
  if (parsed === undefined) throw new Error(`no route in ${JSON.stringify(line)}`)
  return parsed.route
}
