import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const tool = fileURLToPath(new URL('../../tools/sumTests.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'reports-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Status = 'passed' | 'failed' | 'skipped' | 'passed late'

/** Writes a report of one test file, in the parts of vitest's form that are read. */
function report(name: string, tests: readonly Status[], fileStatus: 'passed' | 'failed' = 'passed'): string {
  const path = join(folder, `${name}.json`)
  const count = (wanted: Status) => tests.filter((status) => status.startsWith(wanted)).length
  const assertionResults = tests.map((status) => ({
    status: status === 'passed late' ? 'passed' : status,
    fullName: 'a browser [skipped: none is here] opens',
    failureMessages:
      status === 'failed' || status === 'passed late' ? ['Error: not within 5 s\n  at x.ts'] : [],
  }))
  const content = {
    success: fileStatus === 'passed',
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    testResults: [{ status: fileStatus, assertionResults }],
  }
  writeFileSync(path, JSON.stringify(content))
  return path
}

function sum(...reports: string[]): { code: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [tool, ...reports], { encoding: 'utf8' })
  return { code: status, lines: stdout.trimEnd().split('\n') }
}

describe('the sum of test runs', () => {
  it('closes with how many passed and failed over all', () => {
    const { code, lines } = sum(report('one', ['passed', 'passed']), report('two', ['passed']))
    expect([code, lines.at(-1)]).toEqual([0, '3 passed, 0 failed'])
  })

  it('fails when a test failed', () => {
    const { code, lines } = sum(report('bad', ['passed', 'failed'], 'failed'), report('good', ['passed']))
    expect([code, lines.at(-1)]).toEqual([1, '2 passed, 1 failed'])
    expect(lines).toContain('  failed: a browser [skipped: none is here] opens: Error: not within 5 s')
  })

  it('names a test that passed only when it was tried once more', () => {
    const { code, lines } = sum(report('late', ['passed', 'passed late']))
    expect([code, lines.at(-1)]).toEqual([0, '2 passed, 0 failed'])
    expect(lines).toContain('  tried twice: a browser [skipped: none is here] opens: Error: not within 5 s')
  })

  it('counts a file that failed as a whole, and a run without a report', () => {
    const { code, lines } = sum(report('unloadable', ['passed'], 'failed'), join(folder, 'absent.json'))
    expect([code, lines.at(-1)]).toEqual([1, '1 passed, 2 failed'])
    expect(lines).toContain('absent (did not finish): 0 passed, 1 failed, 0 skipped')
  })

  it('fails when a run had no test that ran, and names those that a missing program kept from it', () => {
    const { code, lines } = sum(report('idle', ['skipped']))
    expect([code, lines.at(-1)]).toEqual([1, '0 passed, 0 failed'])
    expect(lines).toContain('  skipped: a browser [skipped: none is here] opens')
  })
})
