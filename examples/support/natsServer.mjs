/** Starts a nats-server, which joins nodes of holdfast, and stops it again. */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './holdfast.mjs'

const PROGRAM = 'nats-server'
const START_LIMIT_MS = 10_000
const ASK_AGAIN_MS = 50

/** Starts it on a free port and answers `{ address, stop }`; undefined where the program is not installed. */
export async function startNatsServer() {
  const port = await freePort()
  // Detached, as holdfast is: Ctrl+C in a terminal reaches us alone, and nodes go before it.
  const child = spawn(PROGRAM, ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true })
  const isInstalled = await new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(true))
    child.once('error', (error) => (error.code === 'ENOENT' ? resolve(false) : reject(error)))
  })
  if (!isInstalled) return undefined
  const exited = new Promise((resolve) => child.once('exit', resolve))
  process.once('exit', () => child.kill())
  const stop = async () => {
    child.kill()
    await exited
  }
  try {
    await waitUntilReady(port, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { address: `nats://127.0.0.1:${port}`, stop }
}

async function waitUntilReady(port, child) {
  const deadline = performance.now() + START_LIMIT_MS
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with code ${child.exitCode}`)
    if (await isTaken(port)) return
    await sleep(ASK_AGAIN_MS)
  }
  throw new Error(`${PROGRAM} took no connections within ${START_LIMIT_MS} ms`)
}

function isTaken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
