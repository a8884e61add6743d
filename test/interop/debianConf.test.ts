import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { get } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { drillRoutes } from '../support/operatorDrill.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import { TestProcess } from '../support/process.ts'
import { ensureBuilt, runHoldfast } from '../support/runHoldfast.ts'
import { eventually } from '../support/waiting.ts'

const CONF = '/etc/pushpin/pushpin.conf'
const INTERNAL = '/usr/lib/pushpin/internal.conf'
const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))

const isInstalled = existsSync(CONF) && existsSync(INTERNAL)
const title = "the configuration of Debian's Pushpin"

describe.skipIf(!isInstalled)(isInstalled ? title : `${title} [skipped: pushpin is not installed]`, () => {
  let folder: string
  let origin: ScriptedOrigin
  beforeAll(async () => {
    ensureBuilt()
    folder = mkdtempSync(join(tmpdir(), 'holdfast-debian-'))
    origin = await startOrigin()
    // Its folder for sockets belongs to root; all else is as it was installed.
    const text = readFileSync(CONF, 'utf8').replace(/^rundir=.*$/m, `rundir=${join(folder, 'run')}`)
    writeFileSync(join(folder, 'pushpin.conf'), text)
    writeFileSync(join(folder, 'routes'), drillRoutes(origin.address).join('\n'))
  })
  afterAll(async () => {
    await origin?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const readFile = (path: string) => readFileSync(path, 'utf8')
  const load = (file: string) => loadConfig({ argv: [`--config=${file}`], env: {}, cwd: folder, readFile })

  it('has no key that holdfast does not know, nor has its internal.conf', () => {
    const unknown = (file: string) => load(file).warnings.filter((warning) => /unknown/.test(warning))
    expect(unknown(CONF)).toEqual([])
    writeFileSync(join(folder, 'both.conf'), `[global]\ninclude=${INTERNAL}\n[runner]\nhttp_port=7999\n`)
    expect(unknown(join(folder, 'both.conf'))).toEqual([])
  })

  it('starts holdfast with routes of every kind, on the ports of an instance', async () => {
    const port = await freePort()
    const id = 300 + Math.floor(Math.random() * 700)
    const server = new TestProcess(
      process.execPath,
      [program, '--config=pushpin.conf', `--port=127.0.0.1:${port}`, `--id=${id}`, '--merge-output'],
      { cwd: folder },
    )
    try {
      await eventually('the start', () => /started$/m.test(server.output) || server.hasExited, 15_000)
      expect(server.output).toContain('routes loaded with 30 entries')
      expect(server.output).not.toMatch(/\[ERR\]|skipped|unknown/)
      const path = origin.answer({ body: 'hello' })
      expect((await get(port, path)).text).toBe('hello')
      expect((await get(5561 + 10 * id, '/')).text).toBe('Pushpin API\n')
    } finally {
      await server.stop()
    }
  })

  it('is explained by holdfast check, each route of it', async () => {
    const { stdout, stderr } = await runHoldfast(['check', '--config=pushpin.conf'], { cwd: folder })
    expect(stderr).toBe('')
    const explained = stdout.split('\n').filter((line) => /\/routes:\d+: .* go to .*\.$/.test(line))
    expect(explained).toHaveLength(30)
    expect(stdout).toContain(`target ${origin.address}: accepts connections\n`)
  })
})
