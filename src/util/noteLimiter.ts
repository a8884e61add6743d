/** Where the notes go. */
export interface NoteSink {
  note(text: string): void
  /** So many notes were kept back since the last sum. */
  more(count: number): void
}

/** How many notes are let through, and in which time. */
export interface NoteRate {
  readonly notes: number
  readonly intervalMs: number
}

const ONE_A_SECOND: NoteRate = { notes: 1, intervalMs: 1000 }

/**
 * Lets so many notes through in each interval and counts the others, so that whoever causes them cannot fill a log. The count
 * is told at the interval's end. An interval begins with a note.
 */
export class NoteLimiter {
  readonly #sink: NoteSink
  readonly #rate: NoteRate
  #timer: NodeJS.Timeout | undefined
  #count = 0

  constructor(sink: NoteSink, rate: NoteRate = ONE_A_SECOND) {
    this.#sink = sink
    this.#rate = rate
  }

  note(text: string): void {
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.flush(), this.#rate.intervalMs)
      this.#timer.unref()
    }
    if (++this.#count <= this.#rate.notes) this.#sink.note(text)
  }

  /** Ends the interval: tells how many notes it kept back. To be called when no more come. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const untold = this.#count - this.#rate.notes
    this.#count = 0
    if (untold > 0) this.#sink.more(untold)
  }
}
