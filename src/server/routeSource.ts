import { readFileSync, type StatsListener, unwatchFile, watchFile } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Log } from '../edges/log.ts'
import { parseRoutes, type RouteProblem } from '../route/parseRoutes.ts'
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
  /** Where a route of the last `read` is written, as `FILE:LINE`; undefined for routes that nobody has written. */
  placeOf(route: Route): string | undefined
  /** Calls back after the source has changed; returns how to stop that. */
  watch(onChange: () => void): () => void
}

/** Routes of a routes file. */
export function fileRoutes(path: string, log: Log): RouteSource {
  const reader = new PlacedReader((line) => `${path}:${line}`, log)
  return {
    name: path,
    directory: dirname(resolve(path)),
    read: () => {
      const text = readRoutesFile(path, log)
      return text === undefined ? undefined : reader.read(text)
    },
    placeOf: (route) => reader.placeOf(route),
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
  const reader = new PlacedReader((line) => `${name} ${line}`, log)
  return {
    name,
    directory: process.cwd(),
    read: () => reader.read(lines.join('\n')),
    placeOf: (route) => reader.placeOf(route),
    watch: () => () => {},
  }
}

/** Routes that the program made itself. */
export function fixedRoutes(routes: readonly Route[]): RouteSource {
  return {
    name: undefined,
    directory: process.cwd(),
    read: () => routes,
    placeOf: () => undefined,
    watch: () => () => {},
  }
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

/** Parses texts of routes, logs their problems, and knows the place of each route of the last one. */
class PlacedReader {
  readonly #placeOfLine: (line: number) => string
  readonly #log: Log
  #lines: ReadonlyMap<Route, number> = new Map()

  constructor(placeOfLine: (line: number) => string, log: Log) {
    this.#placeOfLine = placeOfLine
    this.#log = log
  }

  read(text: string): readonly Route[] {
    const { routes, lines, problems } = parseRoutes(text)
    this.#lines = lines
    for (const problem of problems) this.#report(problem)
    return routes
  }

  placeOf(route: Route): string | undefined {
    const line = this.#lines.get(route)
    return line === undefined ? undefined : this.#placeOfLine(line)
  }

  #report({ line, message, severity }: RouteProblem): void {
    const text = `${this.#placeOfLine(line)}: ${message}`
    if (severity === 'skipped') this.#log.warn(`${text} (line skipped)`, { code: 'ROUTE_INVALID' })
    else this.#log.warn(text)
  }
}
