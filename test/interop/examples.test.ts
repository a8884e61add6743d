import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeWithProgram, runProgram } from './support/programs.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))

/**
 * What else the machine does shows in the latencies, so a run that was slow, and faultless otherwise, gets two more
 * chances. A stream that ended wrongly or an item that was missed gets none.
 */
const kickOptions = {
  timeout: 60_000,
  retry: { count: 2, condition: /^expected \[ 'wrong: p99 is over [^']*' \] to/ },
}

/** Runs an example as its README tells: it says no fault, and at last that all is well. */
async function checkItself(name: string, last: string): Promise<void> {
  const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}${name}/run.mjs`], 50_000)
  console.info(output)
  expect(output.split('\n').filter((line) => line.startsWith('wrong:'))).toEqual([])
  expect(output).toContain(`${last}.\n`)
  expect(code).toBe(0)
}

describe('examples/kick-user', () => {
  it('kicks 300 of 300 users a second, each within 20 ms in 99 of 100 cases', kickOptions, async () => {
    const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}kick-user/run.mjs`], 50_000)
    console.info(output)
    expect(output.split('\n').filter((line) => /^(wrong:|and \d+ more)/.test(line))).toEqual([])
    expect(output).toMatch(/^1200 kicks, [\s\S]*nobody missed an item\.$/m)
    expect(code).toBe(0)
  })
})

describe('examples/resumable-stream', () => {
  it('brings each of 1000 tokens once and in order to 50 readers that are cut off at random', {
    timeout: 60_000,
  }, async () => {
    const { code, output } = await runProgram(
      process.execPath,
      [`${EXAMPLES}resumable-stream/run.mjs`],
      50_000,
    )
    console.info(output)
    expect(output.split('\n').filter((line) => line.startsWith('wrong:'))).toEqual([])
    expect(output).toMatch(/^1000 tokens to 50 readers[\s\S]*exactly once, in order\.$/m)
    expect(code).toBe(0)
  })
})

describeWithProgram('python3', 'examples/python-origin', () => {
  it('brings all news to streams and long polls, once and in order', { timeout: 60_000 }, () =>
    checkItself('python-origin', 'once and in order'),
  )
})

describe.each([
  ['heartbeat-chat', 'tells each member what is for it, and finds the one that is dead', 'the living stayed'],
  [
    'message-center',
    'subscribes clients as they ask, pushes to them, and answers mistakes',
    'mistake was answered',
  ],
  ['push-center', 'pushes to users by their number, and counts connections', 'counts those that are left'],
  [
    'notification-center',
    'brings each window what is for its user and for all, whatever cuts it off',
    'whatever cut it off',
  ],
  ['express-embedded', 'tells all viewers of a page what an Express app counts', 'in one process'],
  ['fastify-embedded', 'reports each step of a job that a Fastify app does', 'and then the end'],
  ['live-dashboard-page', 'shows each watcher every change of its numbers', 'then every change'],
  ['cursors', 'shows everybody where the others are, and who has gone', 'who has gone'],
  ['live-rest-api', 'lets many watch an API that is asked for one', 'asked once for all of them'],
])('examples/%s', (name, title, last) => {
  it(title, { timeout: 60_000 }, () => checkItself(name, last))
})
