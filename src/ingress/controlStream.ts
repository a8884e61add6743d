import type { ServerResponse } from 'node:http'
import type { ControlStream } from './controlVerb.ts'

/** An answer whose head is sent and whose body goes on; it is in `open` until it ends. */
export class OpenAnswer implements ControlStream {
  onClose: (() => void) | undefined
  readonly #outgoing: ServerResponse

  constructor(outgoing: ServerResponse, open: Set<ControlStream>) {
    this.#outgoing = outgoing
    open.add(this)
    outgoing.once('close', () => {
      open.delete(this)
      this.onClose?.()
    })
  }

  get bytesQueued(): number {
    return this.#outgoing.writableLength
  }

  write(text: string): void {
    if (!this.#outgoing.writableEnded) this.#outgoing.write(text)
  }

  end(): void {
    this.#outgoing.end()
  }
}
