import type { PublishItem } from '../grip/publishItem.ts'
import { type Aged, AgeQueue } from './ageQueue.ts'
import { itemBytes } from './history/itemBytes.ts'
import { type DatedItem, itemsAfter } from './history/runs.ts'

/** How much is kept, and for how long. */
export interface HistoryOptions {
  /** Items kept of one channel; 0 keeps nothing. `history_size`. */
  readonly maxItems: number
  /** How long an item is kept. `history_ttl`. */
  readonly ttlMs: number
  /** Memory for the items of all channels, as `itemBytes` estimates it; the oldest go first. `history_max_bytes`. */
  readonly maxBytes: number
  /**
   * How much later than an item one may be added that comes before it in the chain. With a sequencer: as much as an item
   * may be late, `message_wait`, and as long as it may then be parked, `message_wait` and a tick.
   */
  readonly reorderMs: number
}

/** How much is kept now. */
export interface HistorySize {
  readonly channels: number
  readonly items: number
  readonly bytes: number
}

/** The kept items of a channel; it is known while it has one. */
class ChannelItems {
  readonly name: string
  oldest: KeptItem | undefined = undefined
  newest: KeptItem | undefined = undefined
  count = 0

  constructor(name: string) {
    this.name = name
  }
}

/** A kept item: in the queue of all by `older` and `newer`, in that of its channel by `next`. */
class KeptItem implements Aged<KeptItem>, DatedItem {
  readonly item: PublishItem
  readonly channel: ChannelItems
  readonly bytes: number
  readonly addedMs: number
  older: KeptItem | undefined = undefined
  newer: KeptItem | undefined = undefined
  next: KeptItem | undefined = undefined

  constructor(item: PublishItem, place: { channel: ChannelItems; bytes: number; addedMs: number }) {
    this.item = item
    this.channel = place.channel
    this.bytes = place.bytes
    this.addedMs = place.addedMs
  }
}

/**
 * The last items of each channel, for holds that come with a prev-id.
 *
 * For a hold to get every item exactly once, its caller adds each item in the same step in which it numbers it for
 * delivery, in that order and whether or not anybody holds the channel; and asks `after` in the same step in which it
 * subscribes the hold to what is numbered from then on. Items that the sequencer has parked are neither numbered nor
 * added yet; those that it gives back undelivered are added all the same. Where items may have been lost before they
 * came here, `forget` or `forgetAll` is due, for no id tells of those at the end of a chain.
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
    this.expire(nowMs)
    this.restore(item, nowMs)
  }

  /** As `add`, for an item that came at that time, perhaps long ago and to another process. */
  restore(item: PublishItem, addedMs: number): void {
    const { maxItems, maxBytes } = this.#options
    if (maxItems === 0 || (item.id === undefined && !isSending(item))) return
    const bytes = itemBytes(item)
    if (bytes > maxBytes) {
      this.forget(item.channel)
      return
    }
    const channel = this.#channels.get(item.channel) ?? this.#createChannel(item.channel)
    this.#append(new KeptItem(item, { channel, bytes, addedMs }))
    if (channel.count > maxItems) this.#removeOldest(channel)
    this.#removeWhile(() => this.#bytes > maxBytes)
  }

  /**
   * Returns the items that follow the one with that id, in order; none when it is the newest. Undefined when it is not
   * known, or when something may be missing between: then only the origin can tell. An item may ask for more than to be
   * sent: to close, to hint or to refresh were for the holds of its time.
   */
  after(channel: string, prevId: string, nowMs: number): readonly PublishItem[] | undefined {
    this.expire(nowMs)
    const kept = this.#channels.get(channel)
    return kept && itemsAfter(listItems(kept), { prevId, reorderMs: this.#options.reorderMs })
  }

  /** Lists the channel's items with their ages in milliseconds, oldest first. */
  dated(channel: string, nowMs: number): { item: PublishItem; ageMs: number }[] {
    this.expire(nowMs)
    const kept = this.#channels.get(channel)
    if (kept === undefined) return []
    return listItems(kept).map(({ item, addedMs }) => ({ item, ageMs: nowMs - addedMs }))
  }

  /** Tells whether the channel has items. Then a hold whose prev-id is not known is behind, or ahead. */
  has(channel: string, nowMs: number): boolean {
    this.expire(nowMs)
    return this.#channels.has(channel)
  }

  /** The id of the channel's newest item; undefined when that has none, or none is kept. */
  newestId(channel: string, nowMs: number): string | undefined {
    this.expire(nowMs)
    return this.#channels.get(channel)?.newest?.item.id
  }

  /** Gives the memory of items free that are too old; `add` and `after` do it too, so this is for quiet times. */
  expire(nowMs: number): void {
    this.#removeWhile((oldest) => nowMs - oldest.addedMs >= this.#options.ttlMs)
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

  #createChannel(name: string): ChannelItems {
    const channel = new ChannelItems(name)
    this.#channels.set(name, channel)
    return channel
  }

  #append(added: KeptItem): void {
    const { channel } = added
    if (channel.newest === undefined) channel.oldest = added
    else channel.newest.next = added
    channel.newest = added
    channel.count++
    this.#queue.push(added)
    this.#bytes += added.bytes
  }

  /** Removes the oldest items of all, which are the oldest of their channels too. */
  #removeWhile(isDue: (oldest: KeptItem) => boolean): void {
    for (let { oldest } = this.#queue; oldest !== undefined && isDue(oldest); oldest = this.#queue.oldest) {
      this.#removeOldest(oldest.channel)
    }
  }

  #removeOldest(channel: ChannelItems): void {
    const removed = channel.oldest
    if (removed === undefined) return
    channel.oldest = removed.next
    channel.count--
    if (channel.count === 0) this.#channels.delete(channel.name)
    this.#queue.remove(removed)
    this.#bytes -= removed.bytes
  }
}

function listItems(channel: ChannelItems): DatedItem[] {
  const items: DatedItem[] = []
  for (let kept = channel.oldest; kept !== undefined; kept = kept.next) items.push(kept)
  return items
}

/** Tells whether the item has content for any kind of hold. */
function isSending({ httpResponse, httpStream, webSocketMessage }: PublishItem): boolean {
  return [httpResponse, httpStream, webSocketMessage].some((format) => format?.action === 'send')
}
