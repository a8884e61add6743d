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

/** Runs an example as its README tells: it says no fault, and at last that all is well. Answers what it said. */
async function checkItself(name: string, last: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}${name}/run.mjs`], {
    timeoutMs: 50_000,
    env,
  })
  console.info(output)
  expect(output.split('\n').filter((line) => line.startsWith('wrong:'))).toEqual([])
  expect(output).toContain(`${last}.\n`)
  expect(code).toBe(0)
  return output
}

describe('examples/kick-user', () => {
  it('kicks 300 of 300 users a second, each within 100 ms in 99 of 100 cases', kickOptions, async () => {
    const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}kick-user/run.mjs`], {
      timeoutMs: 50_000,
    })
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
    const { code, output } = await runProgram(process.execPath, [`${EXAMPLES}resumable-stream/run.mjs`], {
      timeoutMs: 50_000,
    })
    console.info(output)
    expect(output.split('\n').filter((line) => line.startsWith('wrong:'))).toEqual([])
    expect(output).toMatch(/^1000 tokens to 50 readers[\s\S]*exactly once, in order\.$/m)
    expect(code).toBe(0)
  })
})

describeWithProgram('python3', 'examples/python-origin', () => {
  it('brings all news to streams and long polls, once and in order', { timeout: 60_000 }, async () => {
    await checkItself('python-origin', 'once and in order')
  })
})

describeWithProgram('nats-server', 'examples/message-center', () => {
  it('subscribes clients of two nodes as they ask, pushes to them through both, and answers mistakes', {
    timeout: 60_000,
  }, async () => {
    const output = await checkItself('message-center', 'mistake was answered')
    for (const node of ['A', 'B']) {
      expect(output).toContain(
        `User 456 at node ${node} got: through A, through B, last through A, last through B.\n`,
      )
    }
  })
})

describe('examples/message-center without nats-server', () => {
  it('says that it has one node, and does the same there', { timeout: 60_000 }, async () => {
    const output = await checkItself('message-center', 'mistake was answered', { PATH: '' })
    expect(output).toContain('nats-server is not installed, so this is one node instead of two')
    expect(output).toContain('User 456 at node A got: through A, last through A.\n')
  })
})

describe.each([
  ['heartbeat-chat', 'tells each member what is for it, and finds the one that is dead', 'the living stayed'],
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
  it(title, { timeout: 60_000 }, async () => void (await checkItself(name, last)))
})
