import { spawn } from 'node:child_process'
import { HoldfastError } from '../errors.ts'
import { SOCKETS_VARIABLE } from '../server/readGivenSockets.ts'
import type { GivenSocket } from '../util/givenSockets.ts'

/** What a process tells the one before it when it takes clients. */
const STARTED = 'holdfast started'

/** The first descriptor behind those of every program. */
const FIRST_FD = 3

/** How long a successor may take to start. */
const START_LIMIT_MS = 60_000

/**
 * Starts the program again, as it is installed now, with the listening sockets of this process; resolves with its process id when it
 * takes clients. Rejects with TAKEOVER_FAILED when it does not: it is gone then.
 */
export function startSuccessor(sockets: readonly GivenSocket[]): Promise<number> {
  const given = sockets.map((socket, i) => ({ ...socket, fd: FIRST_FD + i }))
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', ...sockets.map(({ fd }) => fd), 'ipc'],
    env: { ...process.env, [SOCKETS_VARIABLE]: JSON.stringify(given) },
  })
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new HoldfastError('TAKEOVER_FAILED', `the new process ${reason}`))
    }
    const timer = setTimeout(() => fail(`did not start in ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS)
    child.once('error', (error) => fail(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => fail(`ended by ${signal ?? `code ${code}`} before it took clients`))
    child.on('message', (message) => {
      if (message !== STARTED) return
      clearTimeout(timer)
      child.removeAllListeners('exit')
      child.disconnect()
      child.unref()
      resolve(child.pid as number)
    })
  })
}

/** Tells the process that has started this one, if there is one that waits for it, that it may go. */
export function reportStarted(): void {
  process.send?.(STARTED, undefined, undefined, () => {
    if (process.connected) process.disconnect()
  })
}
