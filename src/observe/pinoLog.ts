import { closeSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import {
  type DestinationStream,
  destination,
  type Logger,
  levels,
  pino,
  stdTimeFunctions,
  symbols,
} from 'pino'
import type { Log, LogFields } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import { colouredLine, type LevelName, type LogLine, prettyLine, pushpinLine } from './logLine.ts'

/** How a log is written. */
export interface LogOptions {
  /** Pushpin's levels: 0 error, 1 warning, 2 info, 3 debug, 4 trace. */
  readonly level: 0 | 1 | 2 | 3 | 4
  /** `auto`: `pretty` on a terminal, else `pushpin`, which is what programs that read logs of Pushpin expect. */
  readonly format: 'auto' | 'pretty' | 'json' | 'pushpin'
  /** A path, to whose file lines are added, or the descriptor of an open file; 1 is standard output. */
  readonly destination: string | number
}

/** A log with the life of a process. */
export interface ProcessLog extends Log {
  /**
   * Opens the file anew, after it has been moved away; where that fails, lines go on into the old one. Does nothing for an
   * open descriptor.
   */
  reopen(): void
  /** Resolves when all lines are written. No line may follow. */
  close(): Promise<void>
}

const LEVELS: readonly LevelName[] = ['error', 'warn', 'info', 'debug', 'trace']

/** What may wait to be written, in characters: a reader that stalls must not eat the memory. */
const MAX_WAITING = 16 * 1024 * 1024

const OPEN_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such folder',
  ENOTDIR: 'no such folder',
  EISDIR: 'it is a directory',
  EACCES: 'not permitted',
}

type SonicBoom = ReturnType<typeof destination>

/**
 * Opens a log. Lines are written in the background, but for a terminal; what is left is written when the process ends.
 * Throws CONFIG_INVALID when the file cannot be written.
 */
export function createLog(options: LogOptions): ProcessLog {
  const path = typeof options.destination === 'string' ? options.destination : undefined
  if (path !== undefined) tryToOpen(path)
  const isTerminal = typeof options.destination === 'number' && isatty(options.destination)
  const sink = destination({ dest: options.destination, sync: isTerminal, maxLength: MAX_WAITING })
  return new PinoLog(createPino(options, sink, isTerminal), { sink, path })
}

function createPino({ level, format }: LogOptions, sink: SonicBoom, isTerminal: boolean): Logger {
  const name = LEVELS[level] ?? 'info'
  if (format === 'json') return jsonPino(name, sink)
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const toLine = isPretty ? (isTerminal ? colouredLine : prettyLine) : pushpinLine
  return pino({ level: name, base: null }, new TextLines(sink, toLine))
}

/** The file is opened later and in the background; a mistake in its name should be known now. */
function tryToOpen(path: string): void {
  try {
    closeSync(openSync(path, 'a'))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = OPEN_FAULTS[code ?? ''] ?? message
    throw new HoldfastError('CONFIG_INVALID', `cannot write ${path}: ${reason}`, { cause })
  }
}

function jsonPino(level: LevelName, sink: SonicBoom): Logger {
  const formatters = { level: (label: string) => ({ level: label }) }
  const options = { level, base: null, formatters, timestamp: stdTimeFunctions.isoTime }
  return pino({ ...options, serializers: { error: errorFields } }, sink)
}

/** An error of ours says all in its message; the stack of any other one shows the fault in the program. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof HoldfastError) return { code: error.code, message: error.message }
  return { type: error.name, message: error.message, stack: error.stack }
}

/**
 * Writes lines of text. Asks pino for the parts of a line, which costs a fifth of parsing pino's JSON again, as
 * pino-pretty does: 3 against 15 µs a line, where a proxied request has 50.
 */
class TextLines implements DestinationStream {
  readonly [symbols.needsMetadataGsym] = true
  lastLevel = 0
  lastTime = ''
  lastMsg = ''
  lastObj: LogFields = {}
  readonly #sink: SonicBoom
  readonly #format: (line: LogLine) => string

  constructor(sink: SonicBoom, format: (line: LogLine) => string) {
    this.#sink = sink
    this.#format = format
  }

  write(): void {
    const level = LEVELS_OF_PINO.get(this.lastLevel) ?? 'info'
    const line = { level, timeMs: Number(this.lastTime), message: this.lastMsg, fields: this.lastObj }
    this.#sink.write(`${this.#format(line)}\n`)
  }
}

const LEVELS_OF_PINO = new Map(LEVELS.map((name) => [levels.values[name], name]))

class PinoLog implements ProcessLog {
  readonly #pino: Logger
  /** Takes info lines at every level of the log. */
  readonly #anyway: Logger
  readonly #sink: SonicBoom
  readonly #path: string | undefined
  #dropped = 0
  #isReaderGone = false
  #isFaultReported = false

  constructor(logger: Logger, to: { sink: SonicBoom; path: string | undefined }) {
    const { sink, path } = to
    this.#pino = logger
    this.#anyway = logger.child({}, { level: 'info' })
    this.#sink = sink
    this.#path = path
    sink.on('drop', () => {
      this.#dropped++
    })
    sink.on('drain', () => this.#reportDropped())
    sink.on('error', (error: NodeJS.ErrnoException) => this.#onSinkError(error))
  }

  error(message: string, fields?: LogFields): void {
    if (fields === undefined) this.#pino.error(message)
    else this.#pino.error(fields, message)
  }

  warn(message: string, fields?: LogFields): void {
    if (fields === undefined) this.#pino.warn(message)
    else this.#pino.warn(fields, message)
  }

  info(message: string, fields?: LogFields): void {
    if (fields === undefined) this.#pino.info(message)
    else this.#pino.info(fields, message)
  }

  infoAnyway(message: string): void {
    this.#anyway.info(message)
  }

  debug(message: string, fields?: LogFields): void {
    if (fields === undefined) this.#pino.debug(message)
    else this.#pino.debug(fields, message)
  }

  trace(message: string, fields?: LogFields): void {
    if (fields === undefined) this.#pino.trace(message)
    else this.#pino.trace(fields, message)
  }

  isEnabled(level: LevelName): boolean {
    return this.#pino.isLevelEnabled(level)
  }

  /** A file that cannot be opened is told of in both places that somebody may look at; the old one, wherever it is now, goes on. */
  reopen(): void {
    if (this.#path === undefined) return
    try {
      tryToOpen(this.#path)
      this.#sink.reopen(this.#path)
    } catch (error) {
      const text = `log not reopened: ${(error as Error).message}`
      process.stderr.write(`${text}\n`)
      this.error(text)
    }
  }

  close(): Promise<void> {
    if (this.#isReaderGone) return Promise.resolve()
    return new Promise((resolve) => {
      this.#sink.once('close', resolve)
      this.#sink.once('error', () => resolve())
      this.#sink.end()
    })
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return
    const dropped = this.#dropped
    this.#dropped = 0
    this.warn(`${dropped} log lines were dropped, because the log could not be written fast enough`)
  }

  /** A log that cannot be written must not end the server; that its reader left is no fault at all. */
  #onSinkError(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') {
      this.#isReaderGone = true
      return
    }
    if (!this.#isFaultReported) process.stderr.write(`cannot write the log: ${error.message}\n`)
    this.#isFaultReported = true
  }
}
