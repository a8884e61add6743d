import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { loadConfig } from '../config/loadConfig.ts'
import { createLog } from '../observe/pinoLog.ts'
import { readGivenSockets } from './readGivenSockets.ts'
import { STOP_GRACE_MS } from './stopGrace.ts'
import { tuneV8 } from './tuneV8.ts'
import { watchFaults } from './watchFaults.ts'
import type { WorkerPlace } from './workerPeers.ts'
import { PRIMARY_FD } from './workerPool.ts'

/** The program of a worker process. */
async function main(): Promise<void> {
  // The primary decides on these: a terminal sends them to all processes.
  process.on('SIGINT', () => {})
  process.on('SIGHUP', () => {})
  tuneV8()
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const argv = process.argv.slice(2)
  const { config } = loadConfig({ argv, env: process.env, cwd: process.cwd(), readFile })
  const { logLevel: level, logFormat: format } = config.runner
  const log = createLog({ level, format, destination: config.logFile ?? STANDARD_OUTPUT })
  const { WorkerServer } = await import('./workerServer.ts')
  const share = Number(process.env['HOLDFAST_WORKER_SHARE'] ?? 1)
  const place = JSON.parse(process.env['HOLDFAST_WORKER_PLACE'] as string) as WorkerPlace
  const primary = new Socket({ fd: PRIMARY_FD, readable: true, writable: true })
  const server = new WorkerServer({
    config,
    log,
    primary,
    share,
    place,
    sockets: readGivenSockets(process.env, process.pid),
    onPrimaryGone: () => process.exit(1),
  })
  const limitMs = config.runner.drainTimeoutSeconds * 1000 + STOP_GRACE_MS
  const drain = (code: number): void => {
    setTimeout(() => process.exit(1), limitMs)
    void server.drain().then(() => process.exit(code))
  }
  process.on('SIGTERM', () => drain(0))
  // The primary starts another in its place.
  watchFaults(log, () => drain(1))
}

const STANDARD_OUTPUT = 1

await main()
