import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { colouredLine, type LogLine, prettyLine } from '../../src/observe/logLine.ts'
import { createLog, type LogOptions, type ProcessLog } from '../../src/observe/pinoLog.ts'
import { eventually } from '../support/waiting.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'))
  file = join(folder, 'test.log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Answers the lines that `write` leaves in a log. */
async function linesOf(options: Partial<LogOptions>, write: (log: ProcessLog) => void): Promise<string[]> {
  const log = createLog({ level: 2, format: 'pretty', destination: file, ...options })
  write(log)
  await log.close()
  return readLines(file)
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

/** What 20 MB may take to be written where the machine is busy. */
const WRITTEN_MS = 12_000

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`

describe('what is written', () => {
  it.each([
    [0, ['error']],
    [1, ['error', 'warn']],
    [2, ['error', 'warn', 'info']],
    [3, ['error', 'warn', 'info', 'debug']],
    [4, ['error', 'warn', 'info', 'debug', 'trace']],
  ] as const)('level %i writes %j', async (level, names) => {
    const all = ['error', 'warn', 'info', 'debug', 'trace'] as const
    const enabled: string[] = []
    const lines = await linesOf({ level, format: 'json' }, (log) => {
      for (const name of all) {
        log[name](`a line of ${name}`)
        if (log.isEnabled(name)) enabled.push(name)
      }
    })
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(names)
    expect(enabled).toEqual(names)
  })

  it.each(['json', 'pushpin', 'pretty'] as const)(
    'an info line that is wanted anyway is, in %s',
    async (format) => {
      const lines = await linesOf({ level: 0, format }, (log) => {
        log.info('not this')
        log.infoAnyway('but this')
      })
      expect(lines).toEqual([expect.stringContaining('but this')])
      expect(lines[0]).toMatch(/info/i)
    },
  )
})

describe('pretty lines', () => {
  it('have the local time, the level and the message, but not the fields', async () => {
    const [info, warn] = await linesOf({}, (log) => {
      log.info('a %s b', { channel: 'c' })
      log.warn('b')
    })
    expect(info).toMatch(new RegExp(`^${TIME} INFO  a %s b$`))
    expect(warn).toMatch(new RegExp(`^${TIME} WARN  b$`))
  })

  it('show the time to the millisecond, in the order of a calendar', () => {
    const line: LogLine = { level: 'info', timeMs: 0, message: 'm', fields: {} }
    const at = (...time: [number, number, number, number, number, number, number]): string =>
      prettyLine({ ...line, timeMs: new Date(...time).getTime() })
    expect(at(2026, 0, 2, 3, 4, 5, 6)).toBe('2026-01-02 03:04:05.006 INFO  m')
    expect(at(2026, 0, 2, 3, 4, 5, 70)).toBe('2026-01-02 03:04:05.070 INFO  m')
    expect(at(2026, 10, 21, 23, 59, 59, 999)).toBe('2026-11-21 23:59:59.999 INFO  m')
  })

  it('say of an error of ours its message, of any other one where it happened', async () => {
    const cause = new HoldfastError('ORIGIN_BROKEN', 'no end')
    const lines = await linesOf({}, (log) => {
      log.error('failed', { error: cause })
      log.error('crashed', { error: new TypeError('x is not y') })
      log.error('odd', { error: 'text' })
    })
    expect(lines[0]).toMatch(/ERROR failed: no end$/)
    expect(lines[1]).toMatch(/ERROR crashed: TypeError: x is not y$/)
    expect(lines[2]).toMatch(/^ {4}at .*pinoLog\.test\.ts/)
    expect(lines.at(-1)).toMatch(/ERROR odd: text$/)
  })

  it('cannot be forged by what a client sends', async () => {
    const lines = await linesOf({}, (log) => log.info('GET /\r\n2026-01-01 ERROR x \x1b[2J \x9b2J é'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(String.raw`GET /\x0d\x0a2026-01-01 ERROR x \x1b[2J \x9b2J é`)
  })

  it('are coloured for a terminal only', async () => {
    expect(colouredLine({ level: 'warn', timeMs: 0, message: 'm', fields: {} })).toContain(
      '\x1b[33mWARN \x1b[0m m',
    )
    expect((await linesOf({}, (log) => log.warn('m')))[0]).not.toContain('\x1b')
  })
})

describe("Pushpin's form", () => {
  it('has the level in brackets before the time', async () => {
    const lines = await linesOf({ format: 'pushpin', level: 4 }, (log) => {
      log.error('a')
      log.warn('b')
      log.info('c')
      log.debug('d')
      log.trace('e')
    })
    const levels = ['ERR', 'WARN', 'INFO', 'DEBUG', 'TRACE']
    for (const [i, level] of levels.entries()) {
      expect(lines[i]).toMatch(new RegExp(`^\\[${level}\\] ${TIME} ${'abcde'[i]}$`))
    }
  })
})

describe('JSON lines', () => {
  it('have the level by name, the time as ISO 8601, the message and the fields', async () => {
    const before = Date.now()
    const [line] = await linesOf({ format: 'json' }, (log) =>
      log.info('said "so"\n', { channel: 'c', count: 2 }),
    )
    const { time, ...rest } = JSON.parse(line!)
    expect(rest).toEqual({ level: 'info', msg: 'said "so"\n', channel: 'c', count: 2 })
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before)
    expect(new Date(time).toISOString()).toBe(time)
  })

  it('have the code of an error of ours and no stack, of any other one the stack', async () => {
    const lines = await linesOf({ format: 'json' }, (log) => {
      log.warn('a', { error: new HoldfastError('ORIGIN_TIMEOUT', 'late') })
      log.error('b', { error: new TypeError('bad') })
    })
    expect(JSON.parse(lines[0]!).error).toEqual({ code: 'ORIGIN_TIMEOUT', message: 'late' })
    expect(JSON.parse(lines[1]!).error).toMatchObject({
      type: 'TypeError',
      message: 'bad',
      stack: expect.stringContaining('pinoLog.test.ts'),
    })
  })
})

describe('the file', () => {
  it('is added to, not replaced', async () => {
    await linesOf({}, (log) => log.info('first'))
    expect(await linesOf({}, (log) => log.info('second'))).toHaveLength(2)
  })

  it('is opened anew after it was moved away', async () => {
    const log = createLog({ level: 2, format: 'json', destination: file })
    log.info('before')
    renameSync(file, `${file}.1`)
    log.reopen()
    log.info('after')
    await log.close()
    const messages = [`${file}.1`, file].map((path) => readLines(path).map((line) => JSON.parse(line).msg))
    expect(messages.flat()).toEqual(['before', 'after'])
    expect(messages[1]).toContain('after')
  })

  it('that cannot be opened anew goes on where it was, and says so there', async () => {
    const moved = `${folder}-moved`
    const log = createLog({ level: 2, format: 'auto', destination: file })
    log.info('before')
    // The file is opened in the background: before that, it would be missed.
    await eventually('the first line', () => readLines(file).length === 1)
    renameSync(folder, moved)
    log.reopen()
    log.info('after')
    await log.close()
    renameSync(moved, folder)
    const [before, fault, after] = readLines(file)
    expect(before).toMatch(/before$/)
    expect(fault).toMatch(/^\[ERR\] .* log not reopened: cannot write .*test\.log: no such folder$/)
    expect(after).toMatch(/after$/)
  })

  it('has lines in the form of Pushpin where nobody asks for another', async () => {
    const [line] = await linesOf({ format: 'auto' }, (log) => log.info('m'))
    expect(line).toMatch(new RegExp(`^\\[INFO\\] ${TIME} m$`))
  })

  it('that cannot be written is a fault of the configuration', () => {
    expect(() => createLog({ level: 2, format: 'json', destination: join(folder, 'no', 'x.log') })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('x.log: no such folder'),
      }),
    )
  })

  it('has every line of many, in order', async () => {
    const lines = await linesOf({ format: 'json' }, (log) => {
      for (let i = 0; i < 5000; i++) log.info(String(i))
    })
    expect(lines.map((line) => Number(JSON.parse(line).msg))).toEqual(
      Array.from({ length: 5000 }, (_, i) => i),
    )
  })

  it('names how many lines were dropped when they came faster than they could be written', async () => {
    const log = createLog({ level: 2, format: 'json', destination: file })
    const long = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 20; i++) log.info(long)
    const last = await eventually(
      'a line that counts',
      () => {
        return readLines(file).find((line) => line.includes('dropped'))
      },
      WRITTEN_MS,
    )
    const written = readLines(file).length - 1
    await log.close()
    expect(written).toBeGreaterThan(10)
    expect(JSON.parse(last)).toMatchObject({
      level: 'warn',
      msg: `${20 - written} log lines were dropped, because the log could not be written fast enough`,
    })
  })
})
