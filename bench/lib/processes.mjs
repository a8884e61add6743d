/** Starts and ends the processes of one measurement: pinned to a CPU, in a group of their own, always bounded. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { processTree } from './proc.mjs'

const TERM_GRACE_MS = 3_000
const running = new Set()

/** Which CPU the server gets and which the load, or `undefined` where pinning is not possible. */
export const pinning =
  cpus().length > 1 && isInstalled('taskset', ['-V']) ? { server: 0, load: 1 } : undefined

/** Tells whether a program can be run. */
export function isInstalled(command, args = ['--version']) {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined
}

/**
 * Starts `command` on the CPU of `role` ('server' or 'load') with its output in `logFile`.
 * The process leads its own group, so that `stop` ends its children too.
 */
export function startProcess(command, args, { role, logFile, stdout }) {
  const [file, argv] = pinning
    ? ['taskset', ['-c', String(pinning[role]), command, ...args]]
    : [command, args]
  const log = openSync(logFile, 'a')
  const child = spawn(file, argv, { detached: true, stdio: ['ignore', stdout ?? log, log] })
  closeSync(log)
  const started = { child, pid: child.pid, logFile, stop: () => stop(started), exited: undefined }
  started.exited = new Promise((resolve) => {
    child.once('close', resolve) // not 'exit': what it printed must have been read
    child.once('error', resolve)
  }).then(() => running.delete(started))
  running.add(started)
  return started
}

/** Ends everything that is still running: for Ctrl-C and for faults. */
export async function stopAll() {
  await Promise.all([...running].map((started) => stop(started)))
}

async function stop(started) {
  if (started.pid === undefined) return
  // Pushpin's parts lead groups of their own, and outlive a runner that is killed.
  const tree = processTree([started.pid])
  signalGroup(started.pid, 'SIGTERM')
  const timer = new AbortController()
  await Promise.race([
    started.exited,
    sleep(TERM_GRACE_MS, undefined, { signal: timer.signal }).catch(() => {}),
  ])
  timer.abort()
  signalGroup(started.pid, 'SIGKILL')
  for (const pid of tree) signal(pid, 'SIGKILL')
  await started.exited
}

function signalGroup(pid, name) {
  signal(-pid, name)
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** Finds a free loopback port below the ephemeral range, where our own clients' ports are not. */
export async function freePort() {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 15_000 + Math.floor(Math.random() * 15_000)
    if (await canListen(port)) return port
  }
  throw new Error('no free port between 15000 and 30000')
}

function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Waits until something accepts connections on `port`; fails with the log's end when `started` ends first. */
export async function waitForPort(port, started, timeoutMs = 10_000) {
  const ended = { yes: false }
  started.exited.then(() => {
    ended.yes = true
  })
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(50)) {
    if (await canConnect(port)) return
    if (ended.yes) break
  }
  throw new Error(`nothing listens on port ${port}: ${logTail(started.logFile)}`)
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (yes) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

/** The last lines that a process wrote, for error messages. */
export function logTail(logFile) {
  return readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join(' | ') || 'it wrote nothing'
}
