import type { ChannelSnapshot } from '../../hub/intake.ts'
import { Fifo } from '../../util/fifo.ts'
import { type ItemMessage, itemName } from './itemMessage.ts'
import type { ItemStream, StoredItem } from './itemStream.ts'

/** Channels that are read at one time; a stream has other readers too. */
const MAX_READINGS = 16

/** What the stream has of a channel. */
export interface Reading {
  readonly stored: readonly StoredItem[]
  readonly names: ReadonlySet<string>
}

/** What a node has not seen of a channel; undefined when that cannot be told. */
export type Missed = readonly ItemMessage[] | undefined

/** Knows how far the items of each open channel have been seen on this node, and reads the rest from the stream. */
export class StreamPositions {
  readonly #stream: Pick<ItemStream, 'read'>
  readonly #maxItems: number
  /** Name of the item that was seen last; empty where the channel had none. */
  readonly #last = new Map<string, string>()
  #readings = 0
  /** Those whose turn has not come: after a reconnect, one for each open channel. */
  readonly #waiting = new Fifo<() => void>()

  constructor(stream: Pick<ItemStream, 'read'>, maxItems: number) {
    this.#stream = stream
    this.#maxItems = maxItems
  }

  /** Begins with a channel where the snapshot ends. */
  begin(channel: string, last: ItemMessage | undefined): void {
    this.#last.set(channel, last === undefined ? '' : itemName(last))
  }

  /** An item of the channel was seen. */
  seen(message: ItemMessage): void {
    const { channel } = message.item
    if (this.#last.has(channel)) this.#last.set(channel, itemName(message))
  }

  forget(channel: string): void {
    this.#last.delete(channel)
  }

  async read(channel: string): Promise<Reading> {
    await this.#turn()
    try {
      const stored = await this.#stream.read(channel)
      return { stored, names: new Set(stored.map(({ message }) => itemName(message))) }
    } finally {
      this.#passTurn()
    }
  }

  /** What was read and not seen. Where the last one seen is no longer kept, all is newer, if nothing had to make room. */
  missed(channel: string, { stored, names }: Reading): Missed {
    const last = this.#last.get(channel)
    if (last === undefined) return undefined
    const messages = stored.map(({ message }) => message)
    if (!names.has(last)) return messages.length < this.#maxItems ? messages : undefined
    return messages.slice(messages.findLastIndex((message) => itemName(message) === last) + 1)
  }

  async #turn(): Promise<void> {
    if (this.#readings < MAX_READINGS) this.#readings++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #passTurn(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#readings--
    else next()
  }
}

/** What a hub is to know of a channel that was read; `early` came meanwhile. */
export function snapshotOf(stored: readonly StoredItem[], early: readonly ItemMessage[]): ChannelSnapshot {
  const items = [
    ...stored.map(({ message, ageMs }) => ({ item: message.item, ageMs })),
    ...early.map(({ item }) => ({ item, ageMs: 0 })),
  ]
  return { lastId: items.at(-1)?.item.id, items }
}
