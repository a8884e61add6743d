import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openStream } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { TestProcess } from '../support/process.ts'
import { eventually } from '../support/waiting.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))
const BIN = join(project, 'bin', 'holdfast.mjs')
const WRITTEN = ['holdfast.conf', 'origin.mjs', 'package.json', 'routes']

const programs: TestProcess[] = []
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()))
})
beforeAll(() => {
  spawnSync(process.execPath, ['tools/ensureReady.mjs'], { cwd: project })
}, 60_000)

function run(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): TestProcess {
  const program = new TestProcess(process.execPath, args, { cwd, env })
  programs.push(program)
  return program
}

async function init(cwd: string, ...args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const program = run(cwd, [BIN, 'init', ...args])
  return { code: await program.exited(), output: program.output }
}

const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'holdfast-init-'))

/** Puts free ports into the place of those that were written. */
async function moveToFreePorts(folder: string): Promise<{ client: number; origin: number; control: number }> {
  const ports = { client: await freePort(), origin: await freePort(), control: await freePort() }
  const move = (name: string, from: string, to: number): void => {
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(folder, name), text.replace(from, from.replace(/\d+$/, String(to))))
  }
  move('holdfast.conf', 'http_port=7999', ports.client)
  move('holdfast.conf', 'push_in_http_port=5561', ports.control)
  move('routes', '\n* localhost:3000', ports.origin)
  return ports
}

describe.each([['node'], ['express'], ['hono']])('holdfast init --%s', (name) => {
  it('writes a project in which a stream gets what is said', { timeout: 30_000 }, async () => {
    const folder = emptyFolder()
    expect(await init(folder, 'app', `--${name}`)).toMatchObject({ code: 0 })
    const app = join(folder, 'app')
    expect(readdirSync(app).sort()).toEqual(WRITTEN)
    // In the place of `npm install`.
    symlinkSync(join(project, 'node_modules'), join(app, 'node_modules'), 'junction')
    const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies)) {
      expect(dependency === 'holdfast' || existsSync(join(app, 'node_modules', dependency))).toBe(true)
    }
    const { client, origin, control } = await moveToFreePorts(app)
    const env = { PORT: String(origin), PUBLISH_URL: `http://localhost:${control}/publish/` }
    const program = run(app, ['origin.mjs'], env)
    await eventually(
      'the origin has started',
      () => program.output.includes('origin on port') || program.hasExited,
    )
    const server = run(app, [BIN])
    await eventually('holdfast has started', () => / started\n/.test(server.output) || server.hasExited)
    const stream = await openStream(client, '/events')
    await stream.until(': welcome\n\n')
    const said = await fetch(`http://127.0.0.1:${client}/say?text=hello`)
    expect([said.status, await said.text()]).toEqual([200, 'said\n'])
    await stream.until('data: hello\n\n')
    stream.client.destroy()
  })
})

describe('holdfast init', () => {
  it('says what comes next', async () => {
    const folder = emptyFolder()
    const { output } = await init(folder, 'app')
    for (const step of ['cd app', 'npm install', 'npm run origin', 'npx holdfast', 'curl -N']) {
      expect(output).toContain(`  ${step}`)
    }
  })

  it('writes nothing where a file would be overwritten', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'routes'), 'mine')
    const { code, output } = await init(folder)
    expect(code).toBe(1)
    expect(output).toContain('Error: nothing written: routes would be overwritten')
    expect(readdirSync(folder)).toEqual(['routes'])
    expect(readFileSync(join(folder, 'routes'), 'utf8')).toBe('mine')
  })

  it('takes one framework', async () => {
    const { code, output } = await init(emptyFolder(), '--express', '--hono')
    expect([code, output]).toEqual([1, 'Error: only one of --express, --hono\n'])
  })

  it('writes a configuration that holdfast has nothing to say against', async () => {
    const folder = emptyFolder()
    await init(folder)
    const check = run(folder, [BIN, 'check'])
    await check.exited()
    expect(check.output).not.toMatch(/unknown|not supported|warning/i)
  })
})
