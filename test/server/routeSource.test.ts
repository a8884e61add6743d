import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileRoutes, fixedRoutes, lineRoutes } from '../../src/server/routeSource.ts'
import { LinesLog } from '../support/linesLog.ts'
import { routeOf } from '../support/routeOf.ts'
import { eventually, passTime } from '../support/waiting.ts'

let directory: string
let path: string
let log: LinesLog
let stopWatching = (): void => {}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'routes-'))
  path = join(directory, 'routes')
  log = new LinesLog()
})

afterEach(() => {
  stopWatching()
  stopWatching = () => {}
  rmSync(directory, { recursive: true })
})

describe('a routes file', () => {
  it('is read anew each time, relative to its folder', () => {
    const source = fileRoutes(path, log)
    writeFileSync(path, '* a:1\n')
    expect(source.read()?.map(({ id }) => id)).toEqual(['*,*,*,*'])
    writeFileSync(path, '*,id=one a:1\n*,id=two,path_beg=/x a:1\n')
    expect(source.read()?.map(({ id }) => id)).toEqual(['one', 'two'])
    expect(source.directory).toBe(directory)
    expect(log.lines).toEqual([])
  })

  it('with a bad line is taken without it, and the line is named', () => {
    writeFileSync(path, '# comment\n*,id=good a:1\n*,id=bad\n\nx,id=also a:2\n')
    expect(
      fileRoutes(path, log)
        .read()
        ?.map(({ id }) => id),
    ).toEqual(['good', 'also'])
    expect(log.lines.length).toBe(1)
    expect(log.lines[0]).toMatch(new RegExp(`^warn ${path}:3: .+ \\(line skipped\\)$`))
  })

  it('that is empty has no routes, which is not the same as none that can be read', () => {
    writeFileSync(path, '')
    expect(fileRoutes(path, log).read()).toEqual([])
    unlinkSync(path)
    expect(fileRoutes(path, log).read()).toBeUndefined()
    expect(log.lines.at(-1)).toContain(`warn unable to open routes file: ${path}: `)
  })

  it('that is a folder cannot be read, and says so', () => {
    expect(fileRoutes(directory, log).read()).toBeUndefined()
    expect(log.lines.length).toBe(1)
  })
})

describe('the watch on a routes file', () => {
  it.each([
    ['written', () => writeFileSync(path, '* b:2\n')],
    [
      'replaced by another file',
      () => {
        writeFileSync(`${path}.new`, '* b:2\n')
        renameSync(`${path}.new`, path)
      },
    ],
    ['removed', () => unlinkSync(path)],
  ])('tells when it is %s', async (_, change) => {
    writeFileSync(path, '* a:1\n')
    let changes = 0
    stopWatching = fileRoutes(path, log).watch(() => changes++)
    // The first look is what later ones are compared with.
    await eventually('the first look', () => writesUntilSeen())
    const seen = changes
    change()
    await eventually('the change', () => changes > seen)

    function writesUntilSeen(): boolean {
      if (changes === 0) writeFileSync(path, `# ${Math.random()}\n* a:1\n`)
      return changes > 0
    }
  })

  it('tells when a file that was missing is there', async () => {
    let changes = 0
    stopWatching = fileRoutes(path, log).watch(() => changes++)
    await passTime(700)
    expect(changes).toBe(0)
    writeFileSync(path, '* a:1\n')
    await eventually('the change', () => changes > 0)
  })

  it('can be held by two, and lost by one of them', async () => {
    writeFileSync(path, '* a:1\n')
    const counts = [0, 0]
    const source = fileRoutes(path, log)
    const stops = counts.map((_, i) => source.watch(() => void counts[i]!++))
    stopWatching = () => stops[1]!()
    await eventually('both hear', () => {
      if (counts.some((count) => count === 0)) writeFileSync(path, `# ${Math.random()}\n* a:1\n`)
      return counts.every((count) => count > 0)
    })
    stops[0]!()
    const [first, second] = counts
    writeFileSync(path, '* b:23456\n')
    await eventually('the other one hears', () => counts[1]! > second!)
    expect(counts[0]).toBe(first)
  })
})

describe('routes without a file', () => {
  it('of lines are parsed as those of a file, under the name that they have', () => {
    const source = lineRoutes(['*,id=one a:1', 'bad', 'x,id=two a:1'], '--route', log)
    expect(source.read()?.map(({ id }) => id)).toEqual(['one', 'two'])
    expect(log.lines[0]).toMatch(/^warn --route 2: .+ \(line skipped\)$/)
    source.watch(() => {})()
  })

  it('of the program are what they are', () => {
    const routes = [routeOf('* a:1')]
    expect(fixedRoutes(routes).read()).toBe(routes)
    expect(fixedRoutes(routes).name).toBeUndefined()
  })
})
