import type { Log } from '../edges/log.ts'
import { NoteLimiter } from '../util/noteLimiter.ts'

/** Tells of requests that are refused before they are routed; at most one line a second, so that nobody can fill the log. */
export class RefusalLog {
  readonly #notes: NoteLimiter

  constructor(log: Log) {
    this.#notes = new NoteLimiter({
      note: (text) => log.info(text),
      more: (count) => log.info(`${count} more requests were refused`),
    })
  }

  note(answer: string, peerAddress: string | undefined): void {
    this.#notes.note(`${answer} from=${peerAddress ?? ''}`)
  }
}
