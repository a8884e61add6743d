import { type Aged, AgeQueue } from '../ageQueue.ts'

class LastId implements Aged<LastId> {
  readonly channel: string
  id: string
  older: LastId | undefined = undefined
  newer: LastId | undefined = undefined

  constructor(channel: string, id: string) {
    this.channel = channel
    this.id = id
  }
}

/** The id of the item that was delivered last, for a bounded number of channels: the least recently set goes first. */
export class LastIds {
  readonly #maxChannels: number
  readonly #byChannel = new Map<string, LastId>()
  readonly #queue = new AgeQueue<LastId>()

  constructor(maxChannels: number) {
    this.#maxChannels = maxChannels
  }

  get size(): number {
    return this.#queue.size
  }

  get(channel: string): string | undefined {
    return this.#byChannel.get(channel)?.id
  }

  set(channel: string, id: string): void {
    const known = this.#byChannel.get(channel)
    if (known !== undefined) {
      known.id = id
      this.#queue.renew(known)
      return
    }
    const added = new LastId(channel, id)
    this.#byChannel.set(channel, added)
    this.#queue.push(added)
    const { oldest } = this.#queue
    if (this.#queue.size > this.#maxChannels && oldest !== undefined) this.delete(oldest.channel)
  }

  delete(channel: string): void {
    const known = this.#byChannel.get(channel)
    if (known === undefined) return
    this.#byChannel.delete(channel)
    this.#queue.remove(known)
  }

  clear(): void {
    this.#byChannel.clear()
    this.#queue.clear()
  }
}
