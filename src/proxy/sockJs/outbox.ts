import { listedFrame } from './frames.ts'

/** Messages that wait until the client asks for them, as `LISTED_FRAMING` has them. */
export class Outbox {
  #parts: Buffer[] = []
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(part: Buffer): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.#bytes += part.length
  }

  /** Takes all that waits as one frame; undefined when there is nothing. */
  take(): Buffer | undefined {
    if (this.#parts.length === 0) return undefined
    const frame = listedFrame(this.#parts)
    this.#parts = []
    this.#bytes = 0
    return frame
  }
}
