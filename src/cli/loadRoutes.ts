import type { Config } from '../config/config.ts'
import type { Log } from '../edges/log.ts'
import { configuredRoutes } from '../server/configuredRoutes.ts'
import { RouteBook } from '../server/routeBook.ts'

/** The routes that a server would have, and what it would warn of. */
export interface LoadedRoutes {
  readonly book: RouteBook
  readonly warnings: readonly string[]
}

/** Loads the routes of a configuration. */
export function loadRoutes(config: Config): LoadedRoutes {
  const warnings: string[] = []
  const log = warningLog(warnings)
  const { sigIss, sigKey } = config.proxy
  const book = new RouteBook({ source: configuredRoutes(config, log), sigIss, sigKey, log })
  book.load()
  return { book, warnings }
}

function warningLog(warnings: string[]): Log {
  const keep = (message: string): void => {
    warnings.push(message)
  }
  const drop = (): void => {}
  return {
    error: keep,
    warn: keep,
    info: drop,
    infoAnyway: drop,
    debug: drop,
    trace: drop,
    isEnabled: (level) => level === 'warn',
  }
}
