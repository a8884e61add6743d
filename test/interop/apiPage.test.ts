import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { openStream } from '../support/client.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import { ensureBuilt } from '../support/runHoldfast.ts'
import { type Running, startTarget } from '../support/target.ts'
import { describeWithProgram, runProgram } from './support/programs.ts'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

/** The shell lines of the page; a line may be continued. */
const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .trim()
    .split('\n'),
)
const locked = lines.filter((line) => /KEY|password/.test(line))
const publishing = lines.filter((line) => !locked.includes(line) && line.includes('/publish/'))
const admin = lines.filter((line) => !locked.includes(line) && !publishing.includes(line))

describeWithProgram('curl', 'docs/api.md', () => {
  let origin: ScriptedOrigin
  let openServer: Running
  let lockedServer: Running
  beforeAll(async () => {
    ensureBuilt()
    origin = await startOrigin()
    openServer = await startTarget({ routes: [`* ${origin.address}`] })
    lockedServer = await startTarget({
      routes: [],
      conf: { control: { auth_key: 'KEY', auth_basic: 'user:password' } },
    })
  })
  afterAll(async () => {
    await openServer?.stop()
    await lockedServer?.stop()
    await origin?.stop()
  })

  /** Runs a line as it stands, but for the port and where the program is. */
  const run = (line: string, { controlPort }: Running) => {
    const here = line.replace('localhost:5561', `localhost:${controlPort}`)
    return runProgram('/bin/sh', ['-c', here.replace(/\bholdfast /, `${process.execPath} ${program} `)])
  }

  it.each(publishing.map((line) => ({ line })))('publishes with $line', async ({ line }) => {
    expect((await run(line, openServer)).output).toMatch(/Published\n$|"message":"Published"/)
  })

  it.each(locked.map((line) => ({ line })))('comes in with $line', async ({ line }) => {
    expect((await run(line, lockedServer)).output).toMatch(/Published\n$/)
    expect((await run(line.replace(/KEY|password/, 'wrong'), lockedServer)).output).toContain('Unauthorized')
  })

  it.each(admin.map((line) => ({ line })))('looks and steers with $line', async ({ line }) => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'room-1' }
    const stream = await openStream(openServer.port, origin.answer({ headers }))
    const [{ id }] = await new AdminClient(openServer).held('room-1')
    const shown = await run(
      line.replace('/ID', `/${id}`).replace('curl ', "curl -s -w '%{http_code}' "),
      openServer,
    )
    expect(shown).toMatchObject({ code: 0, output: expect.stringMatching(/\n200$/) })
    stream.client.destroy()
  })

  it('has lines of all kinds', () => {
    for (const kind of [publishing, locked, admin]) expect(kind.length).toBeGreaterThan(1)
  })
})
