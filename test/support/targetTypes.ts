import type { ConfSections } from './confFile.ts'

/** A server that can be put under test. */
export interface Target {
  readonly name: 'holdfast' | 'pushpin'
  /** Starts it and waits until it proxies requests. */
  start(options: StartOptions): Promise<Running>
}

export interface StartOptions {
  /** Lines of the routes file; undefined for no routes file at all. */
  readonly routes: readonly string[] | undefined
  /** Lines for `--route` flags; the routes file is then not read. */
  readonly routeFlags?: readonly string[]
  /** Overrides of pushpin.conf, by section. */
  readonly conf?: ConfSections
  /** Arguments for Node itself; of holdfast alone. */
  readonly nodeArgs?: readonly string[]
  /** Environment for the server; of holdfast alone. */
  readonly env?: Readonly<Record<string, string>>
  /** Further files to put beside the routes file, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** A started server. */
export interface Running {
  /** Where clients connect. */
  readonly port: number
  /** Where publishers connect. */
  readonly controlPort: number
  readonly pid: number
  /** The directory of its files. */
  readonly directory: string
  /** Everything it logged so far. */
  logs(): string
  /** Writes the routes file anew. */
  writeRoutes(lines: readonly string[]): void
  /** Writes the routes file anew and waits until the server routes by it. */
  setRoutes(lines: readonly string[]): Promise<void>
  /** Waits until so many subscriptions to the channel have been made since the start. */
  subscribed(channel: string, count?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  readonly hasExited: boolean
  /** Waits for the process to end; answers its exit code or the signal that ended it. */
  exited(timeoutMs?: number): Promise<number | NodeJS.Signals>
  stop(): Promise<void>
}
