import type { OpenStream } from './client.ts'
import type { Flow } from './flow.ts'
import { END } from './itemLoad.ts'
import { eventually } from './waiting.ts'

const LIMIT_MS = 60_000

/** A client of a chain that comes back when it is cut off, and says what it has: the origin has it follow from there. */
export class Follower {
  /** What it got, up to the end. */
  readonly items: string[] = []
  /** Resolves when it has got the end. */
  readonly done: Promise<void>
  /** How often it was cut off. */
  cuts = 0
  readonly #flow: Flow
  readonly #path: string

  constructor(flow: Flow, chain: string) {
    this.#flow = flow
    this.#path = flow.origin.script((request, response) => {
      const channel = `${chain}; prev-id=${request.header('x-last')}`
      response.writeHead(200, { 'Grip-Hold': 'stream', 'Grip-Channel': channel }).end()
    })
    this.done = this.#follow()
    this.done.catch(() => {})
  }

  async #follow(): Promise<void> {
    for (;;) {
      const stream = await eventually('the client is back', () => this.#open(), LIMIT_MS)
      // It rejects when the stream ends before that.
      const read = stream.until(`${END}.`, LIMIT_MS).catch(() => stream.text)
      this.items.push(...(await read).split('.').slice(0, -1))
      stream.client.destroy()
      if (this.items.at(-1) === END) return
      this.cuts++
    }
  }

  /** False when the process that took the connection has ended. */
  async #open(): Promise<OpenStream | false> {
    try {
      return await this.#flow.openStream(this.#path, { headers: { 'X-Last': this.items.at(-1) ?? '0' } })
    } catch {
      return false
    }
  }
}
