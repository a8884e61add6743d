import type { Log } from '../../edges/log.ts'
import { NoteLimiter } from '../../util/noteLimiter.ts'

/** A call that was refused. */
export interface RefusedCall {
  readonly method: string
  readonly target: string
  readonly status: number
  readonly reason: string
  readonly peerAddress: string | undefined
}

/** Tells of refused calls, at most one line a second. */
export class RefusedCalls {
  readonly #notes: NoteLimiter

  constructor(log: Log) {
    this.#notes = new NoteLimiter({
      note: (text) => log.warn(text),
      more: (count) => log.warn(`control: ${count} more calls were refused`),
    })
  }

  note({ method, target, status, reason, peerAddress }: RefusedCall): void {
    this.#notes.note(`control: ${method} ${target} code=${status} from=${peerAddress ?? ''}: ${reason}`)
  }
}
