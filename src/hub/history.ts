import type { FormatAction, PublishItem } from '../grip/publishItem.ts'
import { type Aged, AgeQueue } from './ageQueue.ts'
import { itemBytes } from './history/itemBytes.ts'
import { itemsAfter } from './history/runs.ts'

export interface HistoryOptions {
  /** Items kept of one channel; 0 keeps nothing. `history_size`. */
  readonly maxItems: number
  /** How long an item is kept. `history_ttl`. */
  readonly ttlMs: number
  /** Memory for the items of all channels, as `itemBytes` estimates it; the oldest go first. `history_max_bytes`. */
  readonly maxBytes: number
}

/** How much is kept now. */
export interface HistorySize {
  readonly channels: number
  readonly items: number
  readonly bytes: number
}

/** A kept item: in the queue of all by `older` and `newer`, in that of its channel by `next`. */
class KeptItem implements Aged<KeptItem> {
  readonly item: PublishItem
  readonly bytes: number
  readonly addedMs: number
  older: KeptItem | undefined = undefined
  newer: KeptItem | undefined = undefined
  next: KeptItem | undefined = undefined

  constructor(item: PublishItem, bytes: number, addedMs: number) {
    this.item = item
    this.bytes = bytes
    this.addedMs = addedMs
  }
}

/** The kept items of a channel, at least one. */
interface ChannelItems {
  oldest: KeptItem
  newest: KeptItem
  count: number
}

/**
 * The last items of each channel, for holds that come with a prev-id.
 *
 * For a hold to get every item exactly once, its caller adds each item in the same step in which it numbers it for
 * delivery, in that order and whether or not anybody holds the channel; and asks `after` in the same step in which it
 * subscribes the hold to what is numbered from then on. Items that the sequencer has parked are neither numbered nor
 * added yet. What is known to be lost makes `forget` or `forgetAll` due, for no id tells of it.
 *
 * Items without id cannot be told from those that the client has: those after its prev-id are handed out again.
 *
 * `nowMs` never goes back.
 */
export class History {
  readonly #options: HistoryOptions
  readonly #channels = new Map<string, ChannelItems>()
  readonly #queue = new AgeQueue<KeptItem>()
  #bytes = 0

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  get size(): HistorySize {
    return { channels: this.#channels.size, items: this.#queue.size, bytes: this.#bytes }
  }

  /**
   * Keeps the item as the newest of its channel. One that is larger than all the memory breaks the channel off instead;
   * one that has neither an id nor anything to send is not kept: there is nothing to replay and nothing follows it.
   */
  add(item: PublishItem, nowMs: number): void {
    const { maxItems, maxBytes } = this.#options
    if (maxItems === 0 || (item.id === undefined && !isSending(item))) return
    this.expire(nowMs)
    const bytes = itemBytes(item)
    if (bytes > maxBytes) {
      this.forget(item.channel)
      return
    }
    const channel = this.#append(new KeptItem(item, bytes, nowMs))
    if (channel.count > maxItems) this.#removeOldest(channel)
    while (this.#bytes > maxBytes && this.#removeOldestOfAll()) {}
  }

  /**
   * Returns the items that follow the one with that id, in order; none when it is the newest. Undefined when it is not
   * known, or when something may be missing between: then only the origin can tell. An item may ask for more than to be
   * sent: to close, to hint or to refresh were for the holds of its time.
   */
  after(channel: string, prevId: string, nowMs: number): readonly PublishItem[] | undefined {
    this.expire(nowMs)
    const kept = this.#channels.get(channel)
    return kept && itemsAfter(prevId, listItems(kept))
  }

  /** Tells whether items of the channel are kept. */
  has(channel: string, nowMs: number): boolean {
    this.expire(nowMs)
    return this.#channels.has(channel)
  }

  /** The id of the channel's newest item; undefined when that has none, or none is kept. */
  newestId(channel: string, nowMs: number): string | undefined {
    this.expire(nowMs)
    return this.#channels.get(channel)?.newest.item.id
  }

  /** Gives the memory of items free that are too old; `add` and `after` do it too, so this is for quiet times. */
  expire(nowMs: number): void {
    for (;;) {
      const { oldest } = this.#queue
      if (oldest === undefined || nowMs - oldest.addedMs < this.#options.ttlMs) return
      this.#removeOldestOfAll()
    }
  }

  /** Forgets the channel's items: one may be missing among or after them. */
  forget(channel: string): void {
    const kept = this.#channels.get(channel)
    while (kept !== undefined && kept.count > 0) this.#removeOldest(kept)
  }

  /** Forgets all items. */
  forgetAll(): void {
    this.#channels.clear()
    this.#queue.clear()
    this.#bytes = 0
  }

  #append(added: KeptItem): ChannelItems {
    this.#queue.push(added)
    this.#bytes += added.bytes
    const channel = this.#channels.get(added.item.channel)
    if (channel === undefined) {
      const created = { oldest: added, newest: added, count: 1 }
      this.#channels.set(added.item.channel, created)
      return created
    }
    channel.newest.next = added
    channel.newest = added
    channel.count++
    return channel
  }

  /** All channels are in order of age, so the oldest of all is the oldest of its channel. */
  #removeOldestOfAll(): boolean {
    const channel = this.#queue.oldest && this.#channels.get(this.#queue.oldest.item.channel)
    if (channel !== undefined) this.#removeOldest(channel)
    return channel !== undefined
  }

  #removeOldest(channel: ChannelItems): void {
    const removed = channel.oldest
    this.#queue.remove(removed)
    this.#bytes -= removed.bytes
    channel.count--
    if (removed.next === undefined) this.#channels.delete(removed.item.channel)
    else channel.oldest = removed.next
  }
}

function listItems(channel: ChannelItems): PublishItem[] {
  const items: PublishItem[] = []
  for (let kept: KeptItem | undefined = channel.oldest; kept !== undefined; kept = kept.next)
    items.push(kept.item)
  return items
}

/** Tells whether the item has content for any kind of hold. */
function isSending({ httpResponse, httpStream, webSocketMessage }: PublishItem): boolean {
  return [httpResponse, httpStream, webSocketMessage].some((format) => format?.action === SEND)
}

const SEND: FormatAction = 'send'
