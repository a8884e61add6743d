/** The floor under every delivery figure: bench/floor.c, built when a C compiler is there. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, isInstalled, startProcess, waitForPort } from '../processes.mjs'

const source = fileURLToPath(new URL('../../floor.c', import.meta.url))
const buildDir = fileURLToPath(new URL('../../build', import.meta.url))
const program = join(buildDir, 'floor')

export const floor = {
  name: 'floor',
  can: ['streams', 'sockets'],
  isInstalled: () => isInstalled('cc'),

  /** Builds it if need be and starts it. */
  async start({ dir }) {
    build()
    const port = await freePort()
    const server = startProcess(program, [String(port)], { role: 'server', logFile: join(dir, 'floor.log') })
    await waitForPort(port, server)
    return { port, publish: { port, style: 'raw' }, processes: [server] }
  },
}

function build() {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return
  mkdirSync(buildDir, { recursive: true })
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cannot build floor.c: ${stderr}`)
}
