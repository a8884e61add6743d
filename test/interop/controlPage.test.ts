import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensureBuilt } from '../support/runHoldfast.ts'
import { type Running, startTarget } from '../support/target.ts'
import { describeWithProgram, runProgram } from './support/programs.ts'

const page = readFileSync(new URL('../../docs/control-api.md', import.meta.url), 'utf8')
const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** The shell lines of the page; a line may be continued. */
const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.replaceAll('\\\n', '').trim().split('\n'),
)
const locked = lines.filter((line) => /KEY|password/.test(line))
const open = lines.filter((line) => !locked.includes(line))

describeWithProgram('curl', 'docs/control-api.md', () => {
  let openServer: Running
  let lockedServer: Running
  beforeAll(async () => {
    ensureBuilt()
    openServer = await startTarget({ routes: [] })
    lockedServer = await startTarget({
      routes: [],
      conf: { control: { auth_key: 'KEY', auth_basic: 'user:password' } },
    })
  })
  afterAll(async () => {
    await openServer?.stop()
    await lockedServer?.stop()
  })

  /** Runs a line as it stands, but for the port and where the program is. */
  const run = (line: string, { controlPort }: Running) => {
    const here = line.replace('localhost:5561', `localhost:${controlPort}`)
    return runProgram('/bin/sh', ['-c', here.replace(/\bholdfast /, `${process.execPath} ${program} `)])
  }

  it.each(open.map((line) => ({ line })))('publishes with $line', async ({ line }) => {
    expect((await run(line, openServer)).output).toMatch(/Published\n$/)
  })

  it.each(locked.map((line) => ({ line })))('comes in with $line', async ({ line }) => {
    expect((await run(line, lockedServer)).output).toMatch(/Published\n$/)
    expect((await run(line.replace(/KEY|password/, 'wrong'), lockedServer)).output).toContain('Unauthorized')
  })

  it('has lines of both kinds', () => {
    expect([open.length, locked.length]).toEqual([1, 4])
  })
})
