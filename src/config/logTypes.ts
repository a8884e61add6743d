import { HoldfastError } from '../errors.ts'
import type { ValueType } from './option.ts'
import { choice } from './valueTypes.ts'

/** How log lines look: for people, for machines, or as Pushpin writes them; `auto` is `pretty` on a terminal, else `pushpin`. */
export type LogFormat = 'auto' | 'pretty' | 'json' | 'pushpin'

/** Pushpin's levels: error, warning, info, debug, trace. */
export type LogLevel = 0 | 1 | 2 | 3 | 4

/** Info, as in Pushpin. */
export const DEFAULT_LOG_LEVEL: LogLevel = 2
const MAX_LOG_LEVEL: LogLevel = 4

/** Takes one of the log formats. */
export const logFormat: ValueType<LogFormat> = choice(['auto', 'pretty', 'json', 'pushpin'])

/**
 * Reads `N` or a list of `N` and `NAME:N`. Pushpin has a process, and so a level, for each name; holdfast is one process,
 * so the most verbose of them holds, and a name never quiets the others.
 */
export const logLevel: ValueType<LogLevel> = {
  form: 'integer, 0 to 4, or list of NAME:LEVEL',
  parse({ items }) {
    if (items.length === 0) return undefined
    const levels = items.map(parseComponent)
    const general = levels.find(({ name }) => name === undefined)?.level ?? DEFAULT_LOG_LEVEL
    return Math.max(general, ...levels.map(({ level }) => level)) as LogLevel
  },
}

function parseComponent(item: string): { name: string | undefined; level: number } {
  const colon = item.indexOf(':')
  const name = colon < 0 ? undefined : item.slice(0, colon).trim()
  const text = item.slice(colon + 1).trim()
  if (name === '') throw fault('log level component name cannot be empty')
  if (text === '') throw fault('log level component cannot be empty')
  const whose = name === undefined ? 'log level' : `log level for service ${name}`
  if (!/^[+-]?\d+$/.test(text)) throw fault(`${whose} must be an integer, found "${text}"`)
  if (Number(text) < 0) throw fault(`${whose} must be greater than or equal to 0`)
  return { name, level: Math.min(Number(text), MAX_LOG_LEVEL) }
}

function fault(reason: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', reason)
}
