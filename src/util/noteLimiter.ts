const INTERVAL_MS = 1000

/** Where the notes go. */
export interface NoteSink {
  note(text: string): void
  /** So many notes were kept back since the last one. */
  more(count: number): void
}

/** Lets one note a second through and counts the others, so that whoever causes them cannot fill a log. */
export class NoteLimiter {
  readonly #sink: NoteSink
  #timer: NodeJS.Timeout | undefined
  #untold = 0

  constructor(sink: NoteSink) {
    this.#sink = sink
  }

  note(text: string): void {
    if (this.#timer !== undefined) {
      this.#untold++
      return
    }
    this.#sink.note(text)
    this.#timer = setTimeout(() => this.#tellRest(), INTERVAL_MS)
    this.#timer.unref()
  }

  #tellRest(): void {
    this.#timer = undefined
    if (this.#untold === 0) return
    this.#sink.more(this.#untold)
    this.#untold = 0
  }
}
