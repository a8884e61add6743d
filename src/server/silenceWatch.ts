/** How long a process may leave a question unanswered: far longer than the longest that its event loop is kept busy. */
const SILENCE_LIMIT_MS = 10_000

/** How often a process is to be looked at. */
export const SILENCE_LOOK_MS = 2000

/**
 * Notices that a process no longer answers, though it has not ended: whoever waits for it would wait for ever.
 *
 *     quiet --look: asks--> asked --answer--> quiet
 *                           asked --look, the limit is over--> silent
 */
export class SilenceWatch {
  readonly #ask: () => Promise<unknown>
  #askedMs: number | undefined

  /** `ask` puts a question that costs nothing; when it rejects, somebody else knows that the process is gone. */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask
  }

  /** Asks, unless an answer is due; true when that has been due for too long. */
  isSilent(nowMs: number): boolean {
    if (this.#askedMs !== undefined) return nowMs - this.#askedMs > SILENCE_LIMIT_MS
    this.#askedMs = nowMs
    const answered = (): void => {
      this.#askedMs = undefined
    }
    this.#ask().then(answered, answered)
    return false
  }
}
