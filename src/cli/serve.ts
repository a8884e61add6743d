import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Config } from '../config/config.ts'
import { badConfiguration } from '../config/findings.ts'
import { parseFlags } from '../config/flags.ts'
import { describeListenFault } from '../config/listenFault.ts'
import { type LoadedConfig, loadConfig } from '../config/loadConfig.ts'
import { HoldfastError } from '../errors.ts'
import { createLog, type ProcessLog } from '../observe/pinoLog.ts'
import { packageVersion } from '../server/packageVersion.ts'
import { readGivenSockets } from '../server/readGivenSockets.ts'
import { STOP_GRACE_MS } from '../server/stopGrace.ts'
import { tuneV8 } from '../server/tuneV8.ts'
import type { RunningServer } from '../server.ts'
import type { GivenSocket } from '../util/givenSockets.ts'
import { EXIT } from './exit.ts'
import { print } from './output.ts'
import { endProcess, ServerProcess } from './serverProcess.ts'
import { reportStarted } from './successor.ts'
import { usageText } from './usage.ts'

const STANDARD_OUTPUT = 1

/** Runs the server with those flags; sets the exit code, or ends the process on a signal. */
export async function serve(argv: readonly string[]): Promise<void> {
  const { switches, faults } = parseFlags(argv)
  if (faults.length === 0 && switches.has('help')) return print(usageText())
  if (faults.length === 0 && switches.has('version')) return print(`holdfast ${packageVersion()}\n`)
  const prepared = prepare(argv)
  if (prepared !== undefined) await run(prepared)
}

interface Prepared extends LoadedConfig {
  readonly log: ProcessLog
  /** What the configuration was read from, for workers to read the same. */
  readonly argv: readonly string[]
}

/** Answers undefined, with the reasons told, when the configuration cannot be used. */
function prepare(argv: readonly string[]): Prepared | undefined {
  try {
    const readFile = (path: string): string => readFileSync(path, 'utf8')
    const loaded = loadConfig({ argv, env: process.env, cwd: process.cwd(), readFile })
    return { ...loaded, argv, log: openLog(loaded.config) }
  } catch (error) {
    complain(error)
    process.exitCode = EXIT.badConfiguration
    return undefined
  }
}

function openLog({ runner, logFile }: Config): ProcessLog {
  const { logLevel: level, logFormat: format } = runner
  try {
    return createLog({ level, format, destination: logFile ?? STANDARD_OUTPUT })
  } catch (error) {
    throw error instanceof HoldfastError ? badConfiguration([`--logfile: ${error.message}`]) : error
  }
}

async function run({ config, warnings, log, argv }: Prepared): Promise<void> {
  try {
    tuneV8()
    const sockets = readGivenSockets(process.env, process.pid)
    const starting = start({ config, log, warnings, argv, sockets })
    const stopLimitMs = config.runner.drainTimeoutSeconds * 1000 + STOP_GRACE_MS
    new ServerProcess(starting, { log, stopLimitMs })
    await starting
    reportStarted()
  } catch (error) {
    complain(describeListenFault(error, config))
    await endProcess(EXIT.failed, log)
  }
}

/** Starts the server in this process, or with workers beside it. */
async function start({
  argv,
  ...options
}: Prepared & { readonly sockets: readonly GivenSocket[] }): Promise<RunningServer> {
  const size = workerCount(options.config)
  if (size > 0) {
    const { startPrimary } = await import('../server/primaryServer.ts')
    return startPrimary({ ...options, argv, size })
  }
  const { startServer } = await import('../server.ts')
  return startServer(options)
}

function workerCount({ runner }: Config): number {
  return runner.workers === 'auto' ? availableParallelism() : runner.workers
}

/** Errors of ours are told by their message; any other one is a fault in the program, and its stack is wanted. */
function complain(error: unknown): void {
  const text = error instanceof HoldfastError ? error.message : ((error as Error).stack ?? String(error))
  process.stderr.write(`holdfast: ${text}\n`)
}
