import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { get } from '../../support/client.ts'
import { freePort } from '../../support/freePort.ts'
import { TestProcess } from '../../support/process.ts'
import { eventually } from '../../support/waiting.ts'

const program = fileURLToPath(new URL('../../../bin/holdfast.mjs', import.meta.url))

/** holdfast as somebody starts it who has configured nothing, but for its ports. */
export interface DemoServer {
  readonly port: number
  readonly controlPort: number
  stop(): Promise<void>
}

/** Starts holdfast in an empty folder, without a configuration. */
export async function startDemo(): Promise<DemoServer> {
  const [port, controlPort] = [await freePort(), await freePort()]
  const cwd = mkdtempSync(join(tmpdir(), 'demo-'))
  vi.stubEnv('HOLDFAST_CONTROL_PORT', String(controlPort))
  const server = new TestProcess(process.execPath, [program, `--port=127.0.0.1:${port}`], { cwd })
  vi.unstubAllEnvs()
  const stop = async () => {
    await server.stop()
    rmSync(cwd, { recursive: true })
  }
  try {
    await eventually('the demo answers', () => isUp(server, port), 15_000)
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}\n${server.output}`)
  }
  return { port, controlPort, stop }
}

async function isUp(server: TestProcess, port: number): Promise<boolean> {
  if (server.hasExited) throw new Error('holdfast exited')
  try {
    return (await get(port, '/')).status === 200
  } catch {
    return false // Nobody listens yet.
  }
}
