/** What a line of the log says to machines. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured logging: a message for people, fields for machines. */
export interface Log {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  /** Writes an info line even where the level of the log is lower, as the `log_level` of a route asks for. */
  infoAnyway(message: string): void
  debug(message: string, fields?: LogFields): void
  trace(message: string, fields?: LogFields): void
  /** True when lines of that level are written, for lines that are dear to build. */
  isEnabled(level: 'error' | 'warn' | 'info' | 'debug' | 'trace'): boolean
}
