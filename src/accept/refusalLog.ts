import type { Log } from '../edges.ts'

const INTERVAL_MS = 1000

/** Tells of requests that are refused before they are routed; at most one line a second, so that nobody can fill the log. */
export class RefusalLog {
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #untold = 0

  constructor(log: Log) {
    this.#log = log
  }

  note(answer: string, peerAddress: string | undefined): void {
    if (this.#timer !== undefined) {
      this.#untold++
      return
    }
    this.#log.info(`${answer} from=${peerAddress ?? ''}`)
    this.#timer = setTimeout(() => this.#tellRest(), INTERVAL_MS)
    this.#timer.unref()
  }

  #tellRest(): void {
    this.#timer = undefined
    if (this.#untold === 0) return
    this.#log.info(`${this.#untold} more requests were refused`)
    this.#untold = 0
  }
}
