import type { Clock, Timer } from '../../edges/clock.ts'
import type { ControlStream } from '../controlVerb.ts'
import { encodeEvent } from './serverSentEvent.ts'

/** How often the page is told. */
const PERIOD_MS = 1000

/** Windows that are fed at the same time; each costs a snapshot's bytes a second. */
const MAX_STREAMS = 32

/** A window that has not taken so much yet gets nothing more until it has: the next snapshot is as good. */
const MAX_BYTES_QUEUED = 256 * 1024

/**
 * Tells open dashboards how all nodes are, each second, as events named `status`. What is told is looked at once for all of
 * them, and not at all while nobody has the page open.
 */
export class StatusFeed {
  readonly #nodes: () => Promise<readonly unknown[]>
  readonly #clock: Clock
  readonly #streams = new Set<ControlStream>()
  #ticking: Timer | undefined
  #isReading = false

  constructor(parts: { readonly nodes: () => Promise<readonly unknown[]>; readonly clock: Clock }) {
    this.#nodes = parts.nodes
    this.#clock = parts.clock
  }

  get isFull(): boolean {
    return this.#streams.size >= MAX_STREAMS
  }

  /** Feeds a stream, from now to its end. */
  add(stream: ControlStream): void {
    this.#streams.add(stream)
    stream.onClose = () => this.#remove(stream)
    this.#ticking ??= this.#clock.every(PERIOD_MS, () => void this.#tell())
    void this.#tell()
  }

  #remove(stream: ControlStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    this.#ticking?.cancel()
    this.#ticking = undefined
  }

  /** Workers and other nodes may take longer to answer than a period. */
  async #tell(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const event = await this.#nodes().then(
      (nodes) => encodeEvent('status', { time: Date.now(), nodes }),
      (error: Error) => encodeEvent('fault', { error: error.message }),
    )
    this.#isReading = false
    for (const stream of this.#streams) if (stream.bytesQueued < MAX_BYTES_QUEUED) stream.write(event)
  }
}
