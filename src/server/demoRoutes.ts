import { createRoute, type Route } from '../route/route.ts'
import { createTarget } from '../route/target.ts'

/** Name of the built-in demo among the in-process origins. */
export const DEMO_ORIGIN = 'demo'

/** The routes of a server that was told nothing: everything goes to the demo. */
export function demoRoutes(): readonly Route[] {
  return [createRoute({ targets: [createTarget({ kind: 'local', name: DEMO_ORIGIN })] })]
}
