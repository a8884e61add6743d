import type { ItemSocket } from '../../../src/ingress/zeroMq/itemFeed.ts'

/** A socket whose messages a test puts in. */
export class FakeItemSocket implements ItemSocket {
  closed = false
  readonly #messages: (readonly Buffer[])[] = []
  #waiting: { resolve: (parts: readonly Buffer[]) => void; reject: (error: Error) => void } | undefined

  /** Messages that were not read. */
  get unread(): number {
    return this.#messages.length
  }

  put(...messages: readonly (readonly (string | Buffer)[])[]): void {
    for (const parts of messages) this.#messages.push(parts.map((part) => Buffer.from(part)))
    this.#hand()
  }

  receive(): Promise<readonly Buffer[]> {
    if (this.#waiting !== undefined) throw new Error('only one receive at a time')
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#hand()
    })
  }

  /** Ends the wait under way, as the package does. */
  close(): void {
    this.closed = true
    this.fail('Socket temporarily unavailable')
  }

  fail(message: string): void {
    this.#waiting?.reject(new Error(message))
    this.#waiting = undefined
  }

  #hand(): void {
    const waiting = this.#waiting
    const next = waiting && this.#messages.shift()
    if (waiting === undefined || next === undefined) return
    this.#waiting = undefined
    waiting.resolve(next)
  }
}
