/** Starts the origin in Python, and holdfast in front of it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort, startHoldfast } from '../support/holdfast.mjs'
import { eventually } from '../support/runExample.mjs'

const ORIGIN = fileURLToPath(new URL('origin.py', import.meta.url))

/** Answers what runs. */
export async function start({ http, control }) {
  const controlPort = control ?? (await freePort())
  const originPort = await freePort()
  const python = spawn('python3', [ORIGIN, String(originPort), String(controlPort)], { stdio: 'inherit' })
  process.once('exit', () => python.kill())
  const failed = new Promise((_resolve, reject) => python.once('error', reject))
  if (!(await Promise.race([eventually(() => answers(originPort)), failed])))
    throw new Error('the origin in Python did not start')
  const holdfast = await startHoldfast({ originPort, httpPort: http, controlPort })
  const url = `http://127.0.0.1:${holdfast.http}`
  return {
    url,
    welcome: `Listening on ${url}/stream; see README.md for what to type.`,
    exited: holdfast.exited,
    stop: async () => {
      await holdfast.stop()
      python.kill()
    },
  }
}

async function answers(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).status === 404
  } catch {
    return false // Not listening yet.
  }
}
