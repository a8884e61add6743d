import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Log } from '../edges.ts'
import { parseRoutes } from '../route/parseRoutes.ts'
import type { Route } from '../route/route.ts'

/** Milliseconds between looks at the routes file. Polling sees what a rename or a mounted volume does to it, too. */
const WATCH_INTERVAL_MS = 500

/** Where routes come from. */
export interface RouteSource {
  /** Folder that `file:` keys and certificates are relative to. */
  readonly directory: string
  /** Reads the routes; undefined when they cannot be read, so that those in force stay. Problems are logged. */
  read(): readonly Route[] | undefined
  /** Calls back after the source has changed; returns how to stop that. */
  watch(onChange: () => void): () => void
}

/** Routes of a routes file. */
export function fileRoutes(path: string, log: Log): RouteSource {
  return {
    directory: dirname(resolve(path)),
    read: () => {
      const text = readRoutesFile(path, log)
      return text === undefined ? undefined : parseAndReport(text, path, log)
    },
    watch: (onChange) => {
      const listener = (): void => onChange()
      watchFile(path, { interval: WATCH_INTERVAL_MS, persistent: false }, listener)
      return () => unwatchFile(path, listener)
    },
  }
}

/** Routes of `--route` lines, which take the place of a file. */
export function lineRoutes(lines: readonly string[], log: Log): RouteSource {
  return {
    directory: process.cwd(),
    read: () => parseAndReport(lines.join('\n'), '<route>', log),
    watch: () => () => {},
  }
}

/** Routes that the program made itself. */
export function fixedRoutes(routes: readonly Route[]): RouteSource {
  return { directory: process.cwd(), read: () => routes, watch: () => () => {} }
}

function readRoutesFile(path: string, log: Log): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    log.warn(`unable to open routes file: ${path}: ${(error as Error).message}`)
    return undefined
  }
}

function parseAndReport(text: string, name: string, log: Log): readonly Route[] {
  const { routes, problems } = parseRoutes(text, name)
  for (const problem of problems) {
    const skipped = problem.severity === 'skipped' ? ' (line skipped)' : ''
    log.warn(`${problem.source}:${problem.line}: ${problem.message}${skipped}`)
  }
  return routes
}
