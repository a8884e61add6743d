/** Starts a holdfast process in front of an origin, and stops it again. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/holdfast.mjs', import.meta.url))
const START_LIMIT_MS = 15_000
const STOP_LIMIT_MS = 15_000
const ASK_AGAIN_MS = 50

/**
 * Starts holdfast with free ports, or with those given, and answers once both of its ports take requests. `target` is added to
 * the origin in the routes file (`over_http`), `runner` and `cluster` to those sections of the configuration; `routes` are further
 * lines of the routes file.
 */
export async function startHoldfast({ originPort, httpPort, controlPort, target, routes, runner, cluster }) {
  const ports = { http: httpPort ?? (await freePort()), control: controlPort ?? (await freePort()) }
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-example-'))
  await writeConfig(folder, { ...ports, originPort, target, routes, runner, cluster })
  const child = spawn(process.execPath, [BIN, `--config=${join(folder, 'pushpin.conf')}`, '--loglevel=1'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true, // Ctrl+C in a terminal reaches us alone: holdfast takes a second signal for impatience.
  })
  process.once('exit', () => child.kill())
  const holdfast = { ...ports, exited: new Promise((resolve) => child.once('exit', resolve)) }
  const stop = () => stopHoldfast({ child, folder, exited: holdfast.exited })
  try {
    await waitUntilReady(ports.control, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { ...holdfast, stop }
}

async function writeConfig(folder, options) {
  const { http, control, originPort, target = '', routes = [], runner = [], cluster = [] } = options
  const conf = [
    '[runner]',
    `http_port=127.0.0.1:${http}`,
    ...runner,
    '[proxy]',
    'routesfile=routes',
    '[handler]',
    'push_in_http_addr=127.0.0.1',
    `push_in_http_port=${control}`,
    '[cluster]',
    ...cluster,
  ]
  await writeFile(join(folder, 'pushpin.conf'), `${conf.join('\n')}\n`)
  const lines = [`* 127.0.0.1:${originPort}${target && `,${target}`}`, ...routes]
  await writeFile(join(folder, 'routes'), `${lines.join('\n')}\n`)
}

async function waitUntilReady(controlPort, child) {
  const deadline = Date.now() + START_LIMIT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`holdfast ended with code ${child.exitCode}`)
    if (await answers(controlPort)) return
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
  throw new Error(`holdfast did not answer on its control port within ${START_LIMIT_MS} ms`)
}

async function answers(controlPort) {
  try {
    return (await fetch(`http://127.0.0.1:${controlPort}/`)).ok
  } catch {
    return false // Not listening yet.
  }
}

async function stopHoldfast({ child, folder, exited }) {
  const tooLong = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  if (child.exitCode === null) child.kill('SIGTERM')
  await exited
  clearTimeout(tooLong)
  await rm(folder, { recursive: true, force: true })
}

/** Answers a port of the loopback interface that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
