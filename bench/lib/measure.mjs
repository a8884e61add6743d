/** One measurement: origin and server started afresh, the load run against them, all ended again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, logTail, startProcess, stopAll, waitForPort } from './processes.mjs'

const originProgram = fileURLToPath(new URL('../origin.mjs', import.meta.url))
const loadProgram = fileURLToPath(new URL('../load.mjs', import.meta.url))

/** Longest time that any one load may take, its own waits included. */
const LIMIT_SECS = 200

/** Where the running measurement keeps its files: removed at the end of it, and when Ctrl-C ends everything. */
let dir
process.on('exit', removeDir)

/** Runs the load of `measure` against `target` and answers the object that it printed. */
export async function runMeasure(target, measure, { logLevel, checkout }) {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    const originPort = await startOrigin()
    const server = await target.start({ dir, originPort, logLevel, checkout })
    const roots = server.processes.map(({ pid }) => pid)
    const { port, publish } = server
    return await runLoad({ ...measure, port, publish, roots, limitSecs: LIMIT_SECS })
  } finally {
    await stopAll()
    removeDir()
  }
}

function removeDir() {
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
}

async function startOrigin() {
  const port = await freePort()
  const started = startProcess(process.execPath, [originProgram, String(port)], {
    role: 'load',
    logFile: join(dir, 'origin.log'),
  })
  await waitForPort(port, started)
  return port
}

async function runLoad(options) {
  const logFile = join(dir, 'load.log')
  const started = startProcess(process.execPath, [loadProgram, JSON.stringify(options)], {
    role: 'load',
    logFile,
    stdout: 'pipe',
  })
  let output = ''
  started.child.stdout.setEncoding('utf8')
  started.child.stdout.on('data', (text) => {
    output += text
  })
  const timer = setTimeout(() => started.stop(), (LIMIT_SECS + 5) * 1000)
  await started.exited
  clearTimeout(timer)
  if (output === '') throw new Error(logTail(logFile))
  return JSON.parse(output)
}
