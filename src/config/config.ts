import type { OptionValues } from './options/sections.ts'

/** Everything that was configured, checked and frozen. A reload makes a whole new one. */
export interface Config extends OptionValues {
  /** Path of the configuration file; undefined when there is none. */
  readonly configFile: string | undefined
  /** True when nobody said which routes to serve: no configuration file, no routes file, no route lines. */
  readonly demo: boolean
  /** Routes in place of the routes file; `proxy.routesFile` is undefined when there are any. */
  readonly routeLines: readonly string[]
  /** Where they were written, for messages: `--route` or `HOLDFAST_ROUTES`. */
  readonly routeLinesFrom: string
  /** Path of the log; undefined for standard output. */
  readonly logFile: string | undefined
}
