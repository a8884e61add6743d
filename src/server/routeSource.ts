import { readFileSync, type StatsListener, unwatchFile, watchFile } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Log } from '../edges.ts'
import { parseRoutes } from '../route/parseRoutes.ts'
import type { Route } from '../route/route.ts'

/** Milliseconds between looks at the routes file. Polling sees what a rename or a mounted volume does to it, too. */
const WATCH_INTERVAL_MS = 500

/** Where routes come from. */
export interface RouteSource {
  /** What the log calls it; undefined for routes that nobody has written. */
  readonly name: string | undefined
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
    name: path,
    directory: dirname(resolve(path)),
    read: () => {
      const text = readRoutesFile(path, log)
      return text === undefined ? undefined : parseAndReport(text, (line) => `${path}:${line}`, log)
    },
    watch: (onChange) => {
      // Node tells of a file that is missing from the start as if it had changed.
      const listener: StatsListener = (current, previous) => {
        if (current.ino !== 0 || previous.ino !== 0) onChange()
      }
      watchFile(path, { interval: WATCH_INTERVAL_MS, persistent: false }, listener)
      return () => unwatchFile(path, listener)
    },
  }
}

/** Routes of `--route` lines, which take the place of a file; `name` is what the log calls them. */
export function lineRoutes(lines: readonly string[], name: string, log: Log): RouteSource {
  return {
    name,
    directory: process.cwd(),
    read: () => parseAndReport(lines.join('\n'), (line) => `${name} ${line}`, log),
    watch: () => () => {},
  }
}

/** Routes that the program made itself. */
export function fixedRoutes(routes: readonly Route[]): RouteSource {
  return { name: undefined, directory: process.cwd(), read: () => routes, watch: () => () => {} }
}

function readRoutesFile(path: string, log: Log): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such file; it is read as soon as it exists' : message
    log.warn(`unable to open routes file: ${path}: ${reason}`)
    return undefined
  }
}

function parseAndReport(text: string, placeOf: (line: number) => string, log: Log): readonly Route[] {
  const { routes, problems } = parseRoutes(text)
  for (const problem of problems) {
    const text = `${placeOf(problem.line)}: ${problem.message}`
    if (problem.severity === 'skipped') log.warn(`${text} (line skipped)`, { code: 'ROUTE_INVALID' })
    else log.warn(text)
  }
  return routes
}
