import { HoldfastError } from '../errors.ts'
import { type ParsedRoute, parseRoute } from './parseRoute.ts'
import type { Route } from './route.ts'

/** Something about one line that its author should know. */
export interface RouteProblem {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
  /** `skipped`: the line has no effect. `warning`: it is loaded, perhaps not as meant. */
  readonly severity: 'skipped' | 'warning'
}

/** What a text has of routes. */
export interface ParsedRoutes {
  /** In written order. */
  readonly routes: Route[]
  /** The line of each route, counted from 1. */
  readonly lines: ReadonlyMap<Route, number>
  readonly problems: RouteProblem[]
}

/**
 * Reads a whole routes file, or `--route` lines joined by newlines. A bad line is skipped and named; the others load.
 * Of lines with the same condition the first one counts, as in Pushpin.
 */
export function parseRoutes(text: string): ParsedRoutes {
  const routes: Route[] = []
  const lines = new Map<Route, number>()
  const problems: RouteProblem[] = []
  const conditions = new Set<string>()
  for (const [index, lineText] of splitLines(text).entries()) {
    const line = index + 1
    const parsed = parseLine(lineText)
    if (parsed === undefined) continue
    if (parsed instanceof HoldfastError) {
      problems.push({ line, message: parsed.message, severity: 'skipped' })
    } else if (!addCondition(conditions, parsed.route)) {
      problems.push({ line, message: 'skipping duplicate condition', severity: 'skipped' })
    } else {
      routes.push(parsed.route)
      lines.set(parsed.route, line)
      for (const message of parsed.warnings) problems.push({ line, message, severity: 'warning' })
    }
  }
  return { routes, lines, problems }
}

function splitLines(text: string): string[] {
  return text.replace(/^\ufeff/, '').split(/\r?\n/)
}

function parseLine(line: string): ParsedRoute | HoldfastError | undefined {
  try {
    return parseRoute(line)
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'ROUTE_INVALID') return error
    throw error
  }
}

/** Answers false when a rule with the same condition was there. Rules that are reached by id only never clash. */
function addCondition(conditions: Set<string>, route: Route): boolean {
  if (route.domain === '') return true
  const { size } = conditions
  conditions.add([route.domain, route.proto, route.ssl, route.pathBeg].join('\n'))
  return conditions.size > size
}
