import type { LogFields } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'

/** The names of the levels, as `Log` has them. */
export type LevelName = 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** What a line of a log says. */
export interface LogLine {
  readonly level: LevelName
  /** Unix time. */
  readonly timeMs: number
  readonly message: string
  /** For machines; the text forms show only `error` of them. */
  readonly fields: LogFields
}

/** How Pushpin spells the levels. Pushpin: operations.md §6.4. */
const PUSHPIN_LEVELS: Readonly<Record<LevelName, string>> = {
  error: 'ERR',
  warn: 'WARN',
  info: 'INFO',
  debug: 'DEBUG',
  trace: 'TRACE',
}

const COLOURS: Readonly<Record<LevelName, number>> = { error: 31, warn: 33, info: 32, debug: 36, trace: 90 }

/** Writes `[INFO] 2026-11-21 01:18:31.874 text`, for programs that read Pushpin's logs. */
export function pushpinLine(line: LogLine): string {
  return `[${PUSHPIN_LEVELS[line.level]}] ${localTime(line.timeMs)} ${lineText(line)}`
}

/** Writes `2026-11-21 01:18:31.874 INFO  text`. */
export function prettyLine(line: LogLine): string {
  return `${localTime(line.timeMs)} ${line.level.toUpperCase().padEnd(5)} ${lineText(line)}`
}

/** Writes a pretty line for a terminal that shows colours. */
export function colouredLine(line: LogLine): string {
  const level = `\x1b[${COLOURS[line.level]}m${line.level.toUpperCase().padEnd(5)}\x1b[0m`
  return `\x1b[90m${localTime(line.timeMs)}\x1b[0m ${level} ${lineText(line)}`
}

function lineText({ message, fields }: LogLine): string {
  const { error } = fields
  return error === undefined ? oneLine(message) : `${oneLine(message)}: ${errorText(error)}`
}

/** An error of ours says all in its message; the stack of any other one shows the fault in the program. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  if (error instanceof HoldfastError || error.stack === undefined) return oneLine(error.message)
  return error.stack.split('\n').map(oneLine).join('\n')
}

/** What clients send must not forge log lines or move a terminal's cursor. */
function oneLine(text: string): string {
  return CONTROL.test(text) ? text.replace(CONTROLS, escapeControl) : text
}

const CONTROL = /[\x00-\x1f\x7f-\x9f]/
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g

function escapeControl(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

let cachedSecond = Number.NaN
let cachedText = ''

/** Calendar fields cost more than the rest of a line, so the lines of one second share them. */
function localTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedText = secondText(new Date(timeMs))
  }
  return `${cachedText}.${padded(timeMs - second * 1000, 3)}`
}

function secondText(date: Date): string {
  const day = `${date.getFullYear()}-${padded(date.getMonth() + 1)}-${padded(date.getDate())}`
  return `${day} ${padded(date.getHours())}:${padded(date.getMinutes())}:${padded(date.getSeconds())}`
}

function padded(value: number, digits = 2): string {
  return String(value).padStart(digits, '0')
}
