/** Charges CPU time to the servers under test, and to this process, between two moments. */
import { cpuSeconds, processTree, residentBytes } from '../proc.mjs'

/** Watches the processes that descend from `roots`. */
export class Meter {
  #roots
  #startedAt = 0
  #serverStart = 0
  #ownStart

  constructor(roots) {
    this.#roots = roots
  }

  /** Starts a measurement. */
  start() {
    this.#startedAt = performance.now()
    this.#serverStart = cpuSeconds(processTree(this.#roots))
    this.#ownStart = process.cpuUsage()
  }

  /** Ends it: seconds passed, the servers' CPU seconds, and how many cores they and we kept busy. */
  stop() {
    const secs = (performance.now() - this.#startedAt) / 1000
    const serverCpuSecs = cpuSeconds(processTree(this.#roots)) - this.#serverStart
    const own = process.cpuUsage(this.#ownStart)
    const loadCores = (own.user + own.system) / 1e6 / secs
    return { secs, serverCpuSecs, serverCores: serverCpuSecs / secs, loadCores }
  }

  /** Resident bytes of the servers now. */
  residentBytes() {
    return residentBytes(processTree(this.#roots))
  }
}

/** Microseconds of server CPU for each of `units`. */
export function cpuMicros(measured, units) {
  return units > 0 ? (measured.serverCpuSecs * 1e6) / units : undefined
}
