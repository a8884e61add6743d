import { parseCondition } from './parseCondition.ts'
import { parseTarget } from './parseTarget.ts'
import { createRoute, type Route } from './route.ts'
import { routeError } from './routeError.ts'
import { lexRouteLine } from './routeLexer.ts'
import type { Target } from './target.ts'

/** A route of one line, with what its author should know about it. */
export interface ParsedRoute {
  readonly route: Route
  /** Sentences: properties that are unknown or ignored, conditions that no request can meet. */
  readonly warnings: readonly string[]
}

/**
 * Makes a route of one line of the routes file, or of a `--route`; undefined for a blank line or a comment.
 *
 * @throws HoldfastError ROUTE_INVALID, with Pushpin's text where it has one
 */
export function parseRoute(line: string): ParsedRoute | undefined {
  const [conditionSection, ...targetSections] = lexRouteLine(line)
  if (conditionSection === undefined) return undefined
  if (targetSections.length === 0) {
    throw routeError('must specify condition and at least one target, as in "* localhost:3000"')
  }
  const { condition, warnings } = parseCondition(conditionSection)
  const targets: Target[] = []
  for (const section of targetSections) {
    const parsed = parseTarget(section)
    targets.push(parsed.target)
    warnings.push(...parsed.warnings)
  }
  const route = createRoute({ ...condition, targets })
  if (!route.grip && targets.some(({ kind }) => kind !== 'http')) throw routeError(NO_GRIP_TEST)
  return { route, warnings }
}

/** `no_grip` joins two connections; the test origin has none. */
const NO_GRIP_TEST = "no_grip needs targets of the form 'host:port': 'test' answers in this process"
