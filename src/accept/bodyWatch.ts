import type { IncomingMessage } from 'node:http'

/** How long a client may send nothing of a request body that it owes. */
export const BODY_IDLE_MS = 60_000

/** Notices, within twice the limit, that a client no longer sends the body of a request. */
export class BodyWatch {
  readonly #incoming: IncomingMessage
  readonly #onIdle: () => void
  readonly #timer: NodeJS.Timeout
  #bytesRead: number

  constructor(incoming: IncomingMessage, idleMs: number, onIdle: () => void) {
    this.#incoming = incoming
    this.#onIdle = onIdle
    this.#bytesRead = incoming.socket.bytesRead
    this.#timer = setTimeout(() => this.#look(), idleMs)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    const { complete, socket, readableLength } = this.#incoming
    if (complete || socket.destroyed) return
    const { bytesRead } = socket
    // What has come and is not taken is nothing that the client owes.
    if (bytesRead === this.#bytesRead && readableLength === 0) this.#onIdle()
    else {
      this.#bytesRead = bytesRead
      this.#timer.refresh()
    }
  }
}
