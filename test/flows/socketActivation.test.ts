import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listeningFd } from '../../src/util/givenSockets.ts'
import { get } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { type ScriptedOrigin, startOrigin } from '../support/origin.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually, within } from '../support/waiting.ts'

const itIsGiven = holdfastOnly(it, 'Pushpin opens its ports itself')
const program = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))
let origin: ScriptedOrigin
let directory: string
let children: ChildProcess[]

beforeEach(async () => {
  origin = await startOrigin()
  directory = mkdtempSync(join(tmpdir(), 'given-'))
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await origin.stop()
  rmSync(directory, { recursive: true, force: true })
})

async function listen(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

/** Starts holdfast as systemd would: with listening sockets from descriptor 3 on, and its own number in LISTEN_PID. */
function startGiven(
  servers: readonly Server[],
  workers: number,
): { child: ChildProcess; logs: () => string } {
  writeFileSync(join(directory, 'routes'), `* ${origin.address}\n`)
  const [http, control] = servers.map((server) => (server.address() as { port: number }).port)
  writeFileSync(
    join(directory, 'pushpin.conf'),
    `[runner]\nhttp_port=127.0.0.1:${http}\nworkers=${workers}\n[proxy]\nroutesfile=routes\n` +
      `[handler]\npush_in_http_addr=127.0.0.1\npush_in_http_port=${control}\n`,
  )
  const command = `LISTEN_PID=$$ LISTEN_FDS=${servers.length} exec ${process.execPath} ${program} --config=pushpin.conf`
  const child = spawn('sh', ['-c', command], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', ...servers.map((server) => listeningFd(server) as number)],
  })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  return { child, logs: () => output }
}

describeFlows('a server that is given its listening sockets', () => {
  itIsGiven.each([0, 2])(
    'takes clients and publishers on them, with %d workers',
    async (workers) => {
      const servers = await Promise.all([listen(await freePort()), listen(await freePort())])
      const [port, controlPort] = servers.map((server) => (server.address() as { port: number }).port)
      const { child, logs } = startGiven(servers, workers)
      // Only the sockets that it was given listen there from now on.
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      const path = origin.answer({ body: 'served' })
      expect((await get(port as number, path, { timeoutMs: 10_000 })).text).toBe('served')
      await eventually('the control port answers', async () => {
        try {
          return (await fetch(`http://127.0.0.1:${controlPort}/`)).status === 200
        } catch {
          return false
        }
      })
      expect(logs()).not.toContain('nothing is configured')
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      expect(await within(ended, 15_000, () => `the end; its output: ${logs()}`)).toBe(0)
    },
    40_000,
  )
})
