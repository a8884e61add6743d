import type { Flow } from './flow.ts'
import { uniqueName } from './origin.ts'
import { chained, publish, streamItem } from './publish.ts'
import { passTime } from './waiting.ts'

/** Numbers of a request, and the pause after it: a load that leaves a busy machine time to start processes. */
const BATCH = 10
const PAUSE_MS = 20

/** What comes after the last number. */
export const END = 'end'

/** Publishes numbers to two channels, to the one without ids and to the other as a chain, at each of some servers in turn. */
export class ItemLoad {
  /** Each number and a blank. */
  readonly plain = uniqueName('plain')
  /** Each number and a full stop. */
  readonly chain = uniqueName('chain')
  readonly #flows: readonly Flow[]
  #count = 0
  #isStopped = false
  #running: Promise<void> = Promise.resolve()

  constructor(flows: readonly Flow[]) {
    this.#flows = flows
  }

  /** All that was published to a channel. */
  get published(): readonly string[] {
    return [...Array.from({ length: this.#count }, (_, i) => `${i + 1}`), END]
  }

  start(): void {
    this.#running = this.#run()
    // Who stops it hears of what went wrong.
    this.#running.catch(() => {})
  }

  /** Publishes the end. Rejects when an item was refused. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
    await this.#flows[0]?.publish(...this.#items(END))
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn++) {
      const items = Array.from({ length: BATCH }, () => this.#items(`${this.#count + 1}`)).flat()
      await publish(this.#flows[turn % this.#flows.length]!.server, ...items)
      await passTime(PAUSE_MS)
    }
  }

  #items(text: string): Record<string, unknown>[] {
    const previous = `${this.#count}`
    if (text !== END) this.#count++
    return [streamItem(this.plain, `${text} `), chained(streamItem(this.chain, `${text}.`), text, previous)]
  }
}
