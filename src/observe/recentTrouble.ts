import type { Log, LogFields } from '../edges/log.ts'

/** A warning or an error of the log. */
export interface Trouble {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly level: 'error' | 'warn'
  /** Says what failed, and in which step. */
  readonly message: string
  /** One of docs/errors.md, where there is one. */
  readonly code: string | undefined
}

/** Warnings and errors that are kept: what has happened lately fits on a screen or two. */
const MAX_KEPT = 100

/** A message is cut here: texts from outside may be in it. */
const MAX_MESSAGE_LENGTH = 1000

/** The last warnings and errors of a log. */
export class RecentTrouble {
  readonly #kept: Trouble[] = []
  readonly #wallClock: () => number

  constructor(wallClock: () => number = Date.now) {
    this.#wallClock = wallClock
  }

  /** The newest first. */
  list(): readonly Trouble[] {
    return this.#kept.toReversed()
  }

  /** Returns a log that writes to `log` and keeps here what goes wrong. */
  watch(log: Log): Log {
    return {
      error: (message, fields) => {
        this.#keep('error', message, fields)
        log.error(message, fields)
      },
      warn: (message, fields) => {
        this.#keep('warn', message, fields)
        log.warn(message, fields)
      },
      info: (message, fields) => log.info(message, fields),
      infoAnyway: (message) => log.infoAnyway(message),
      debug: (message, fields) => log.debug(message, fields),
      trace: (message, fields) => log.trace(message, fields),
      isEnabled: (level) => log.isEnabled(level),
    }
  }

  #keep(level: 'error' | 'warn', text: string, fields: LogFields | undefined): void {
    const error = fields?.['error']
    const detail = error instanceof Error ? `: ${error.message}` : ''
    const message = `${text}${detail}`.slice(0, MAX_MESSAGE_LENGTH)
    const code = fields?.['code'] ?? (error as { code?: unknown } | undefined)?.code
    const time = new Date(this.#wallClock()).toISOString()
    this.#kept.push({ time, level, message, code: typeof code === 'string' ? code : undefined })
    if (this.#kept.length > MAX_KEPT) this.#kept.shift()
  }
}
