import type { Log, LogFields } from '../../edges/log.ts'

type Level = 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** A logger with the calls of pino, which those of Fastify and `console` have, too. */
export interface PinoLike {
  error(...line: readonly unknown[]): void
  warn(...line: readonly unknown[]): void
  info(...line: readonly unknown[]): void
  debug(...line: readonly unknown[]): void
  trace(...line: readonly unknown[]): void
  isLevelEnabled?(level: string): boolean
}

/** Makes a log of what a program logs with; of nothing, one that is silent. */
export function logOf(given: Log | PinoLike | undefined): Log {
  if (given === undefined) return SILENT
  return 'isEnabled' in given ? given : pinoLikeLog(given)
}

const ignore = (): void => {}

const SILENT: Log = {
  error: ignore,
  warn: ignore,
  info: ignore,
  infoAnyway: ignore,
  debug: ignore,
  trace: ignore,
  isEnabled: () => false,
}

/** Levels that a logger has which cannot be asked: what is dear to build is not built for nothing. */
const ASSUMED: ReadonlySet<Level> = new Set<Level>(['error', 'warn', 'info'])

function pinoLikeLog(logger: PinoLike): Log {
  const line = (level: Level) => (message: string, fields?: LogFields) => {
    if (fields === undefined) logger[level](message)
    else logger[level](withErr(fields), message)
  }
  return {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    // Nothing that its callers know raises the level of a logger of another program.
    infoAnyway: line('info'),
    debug: line('debug'),
    trace: line('trace'),
    isEnabled: (level) => logger.isLevelEnabled?.(level) ?? ASSUMED.has(level),
  }
}

/** Pino's loggers show an error with its stack where it is called `err`. */
function withErr({ error, ...fields }: LogFields): LogFields {
  return error === undefined ? fields : { ...fields, err: error }
}
