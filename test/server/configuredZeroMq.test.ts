import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { get } from '../support/client.ts'
import { type ConfSections, confText } from '../support/confFile.ts'
import { freePort } from '../support/freePort.ts'
import { TestProcess } from '../support/process.ts'
import { ensureBuilt, runHoldfast } from '../support/runHoldfast.ts'
import { eventually } from '../support/waiting.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))
const preload = new URL('../support/withoutZeroMq.mjs', import.meta.url).href
const env = { NODE_OPTIONS: `--import=${preload}` }

/** As in the files that Pushpin and the Fastly CLI ship. */
const LOCAL = {
  push_in_spec: 'tcp://127.0.0.1:5560',
  push_in_sub_specs: 'tcp://127.0.0.1:5562',
  command_spec: 'tcp://127.0.0.1:5563',
  stats_spec: 'ipc://{rundir}/{ipc_prefix}stats',
}

let folder: string
let controlPort: number
let server: TestProcess | undefined
beforeAll(ensureBuilt)
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-without-'))
  controlPort = await freePort()
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function configure(handler: ConfSections[string]): Promise<void> {
  const sections = {
    global: { rundir: 'run' },
    runner: { http_port: `127.0.0.1:${await freePort()}` },
    proxy: { routesfile: 'routes' },
    handler: { push_in_http_addr: '127.0.0.1', push_in_http_port: controlPort, ...handler },
  }
  writeFileSync(join(folder, 'pushpin.conf'), confText(sections))
  writeFileSync(join(folder, 'routes'), '* test\n')
}

describe('without the package zeromq', () => {
  it('a server whose sockets are all for its own machine goes on without them, and says so as an error', async () => {
    await configure(LOCAL)
    server = new TestProcess(process.execPath, [program], { cwd: folder, env })
    const { output } = await started(server)
    expect(output).toContain('[ERR]')
    expect(output).toMatch(/going on without push_in_spec, push_in_sub_specs, command_spec: .*npm install/)
    expect(output).toMatch(/going on without stats_spec: /)
    expect(output).not.toContain('ZeroMQ: ')
    expect((await get(controlPort, '/errors')).text).toContain('ZEROMQ_UNAVAILABLE')
  })

  it.each([
    ['one can be reached from outside', { ...LOCAL, push_in_spec: 'tcp://*:5560' }],
    ['one connects to publishers', { ...LOCAL, push_in_sub_connect: true }],
  ])('a server does not start where %s', async (_what, handler) => {
    await configure(handler)
    const { code, stderr } = await runHoldfast([], { cwd: folder, env })
    expect(code).toBe(1)
    expect(stderr).toContain('holdfast: ZeroMQ sockets need the package zeromq, which is not installed')
  })

  it('a server without such sockets says nothing of it', async () => {
    await configure({})
    server = new TestProcess(process.execPath, [program], { cwd: folder, env })
    expect((await started(server)).output).not.toMatch(/zeromq/i)
  })

  it('holdfast check counts what a server would go without', async () => {
    await configure(LOCAL)
    const { code, stdout } = await runHoldfast(['check'], { cwd: folder, env })
    expect(stdout).toContain('ZeroMQ: tcp://127.0.0.1:5560 (push_in_spec)\n')
    expect(stdout).toMatch(/^warning: going on without push_in_spec, .*stats_spec: /m)
    expect(stdout).toMatch(/\n1 problem\n$/)
    expect(code).toBe(1)
  })

  it('holdfast check says that a server would not start', async () => {
    await configure({ push_in_spec: 'tcp://*:5560' })
    expect(await runHoldfast(['check'], { cwd: folder, env })).toMatchObject({ code: 2 })
  })
})

async function started(process: TestProcess): Promise<TestProcess> {
  await eventually('the start', () => /started$/m.test(process.output) || process.hasExited, 15_000)
  return process
}
