import type { ProcessLog } from '../observe/pinoLog.ts'
import { watchFaults } from '../server/watchFaults.ts'
import type { RunningServer } from '../server.ts'
import { EXIT } from './exit.ts'
import { startSuccessor } from './successor.ts'

/** How long the end waits for a reader of the log that has stalled. */
const LOG_PATIENCE_MS = 2000

/**
 * The process of a server: what signals and faults make of it.
 *
 *     serving --SIGTERM, SIGINT--> stopping --all is closed--> ended with 0
 *     serving --SIGUSR2: another process serves on the same sockets--> stopping
 *     serving --a fault--> stopping, to be ended with 1
 *     stopping --takes too long--> ended with 1     stopping --SIGTERM, SIGINT--> ended at once
 */
export class ServerProcess {
  readonly #starting: Promise<RunningServer>
  readonly #log: ProcessLog
  readonly #stopLimitMs: number
  #isStopping = false
  #isReplacing = false

  /** Signals that come during the start are obeyed after it; a start that fails ends the process by itself. */
  constructor(
    starting: Promise<RunningServer>,
    { log, stopLimitMs }: { readonly log: ProcessLog; readonly stopLimitMs: number },
  ) {
    this.#starting = starting
    this.#log = log
    this.#stopLimitMs = stopLimitMs
    process.on('SIGTERM', () => this.#onStopSignal(EXIT.terminated))
    process.on('SIGINT', () => this.#onStopSignal(EXIT.interrupted))
    process.on('SIGHUP', () => {
      log.reopen()
      this.#withServer((server) => server.reload())
    })
    process.on('SIGUSR2', () => this.#withServer((server) => this.#replace(server)))
    watchFaults(log, () => this.#stop(EXIT.failed))
  }

  #onStopSignal(hurriedCode: number): void {
    if (this.#isStopping) process.exit(hurriedCode)
    this.#stop(EXIT.ok)
  }

  /** Starts the program anew on the sockets of this process, which then lets its clients go. */
  async #replace(server: RunningServer): Promise<void> {
    if (this.#isStopping || this.#isReplacing) return
    this.#isReplacing = true
    try {
      this.#log.info('starting a new process in place of this one')
      const pid = await startSuccessor(server.sockets())
      this.#log.info(`process ${pid} takes the clients from now on`)
      this.#stop(EXIT.ok)
    } catch (error) {
      this.#log.error('not replaced, serving on', { error })
    } finally {
      this.#isReplacing = false
    }
  }

  #stop(code: number): void {
    if (this.#isStopping) return
    this.#isStopping = true
    setTimeout(() => this.#onOverdue(), this.#stopLimitMs)
    this.#withServer((server) => this.#stopServer(server, code))
  }

  async #stopServer(server: RunningServer, code: number): Promise<void> {
    try {
      await server.stop()
      await endProcess(code, this.#log)
    } catch (error) {
      this.#log.error('could not stop cleanly', { error })
      await endProcess(EXIT.failed, this.#log)
    }
  }

  #onOverdue(): void {
    this.#log.error(`not stopped after ${this.#stopLimitMs / 1000} s, ending all the same`)
    void endProcess(EXIT.failed, this.#log)
  }

  #withServer(act: (server: RunningServer) => unknown): void {
    this.#starting.then(act, () => {})
  }
}

/** Ends the process when its log is written, or after a while. */
export async function endProcess(code: number, log: ProcessLog): Promise<never> {
  setTimeout(() => process.exit(code), LOG_PATIENCE_MS)
  await log.close()
  process.exit(code)
}
