import type { Config } from '../config/config.ts'
import type { Log } from '../edges/log.ts'
import { demoRoutes } from './demoRoutes.ts'
import { fileRoutes, fixedRoutes, lineRoutes, type RouteSource } from './routeSource.ts'

/** What the log says when the routes file has changed. Pushpin: operations.md §6.4. */
export const ROUTES_CHANGED = 'routes file changed, reloading'

/** Answers where the configuration says that routes come from. */
export function configuredRoutes(config: Config, log: Log): RouteSource {
  if (config.demo) return fixedRoutes(demoRoutes())
  if (config.routeLines.length > 0) return lineRoutes(config.routeLines, config.routeLinesFrom, log)
  const { routesFile } = config.proxy
  return routesFile === undefined ? fixedRoutes([]) : fileRoutes(routesFile, log)
}
