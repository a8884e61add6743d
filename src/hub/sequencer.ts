import type { PublishItem } from '../grip/publishItem.ts'
import { IdCache, itemKey } from './sequencer/idCache.ts'
import { LastIds } from './sequencer/lastIds.ts'
import { type ChainedItem, isChained, Parking, type ParkingFault } from './sequencer/parking.ts'

/** How much a sequencer may remember. */
export interface SequencerLimits {
  /** Channels whose last id is known; above it the least recently set is forgotten. Pushpin's number. */
  readonly maxLastIds: number
  /** Items of one channel that wait for the one before them. Pushpin's number. */
  readonly maxParkedPerChannel: number
  /** The same over all channels: what a fast publisher sends in a `message_wait`. */
  readonly maxParked: number
  /** Item ids remembered to drop repetitions: some 200 MB at worst; above it the oldest is forgotten. */
  readonly maxSeenIds: number
}

/** The limits where nobody asks for others. */
export const DEFAULT_SEQUENCER_LIMITS: SequencerLimits = {
  maxLastIds: 1_000_000,
  maxParkedPerChannel: 100,
  maxParked: 100_000,
  maxSeenIds: 1_000_000,
}

/** How long items wait, and ids are remembered. */
export interface SequencerOptions {
  /** How long an item waits for the one before it; 0: not at all. Pushpin: `message_wait`. */
  readonly messageWaitMs: number
  /** How long an id is remembered, to drop repetitions; 0: not at all. Pushpin: `id_cache_ttl`. */
  readonly idCacheTtlMs: number
  /** DEFAULT_SEQUENCER_LIMITS, where not given. */
  readonly limits?: Partial<SequencerLimits>
}

/** What is to be done with an accepted item. */
export type SequencerOutcome =
  /** To be delivered now, alone. */
  | { readonly kind: 'delivered' }
  /** To be delivered now with items that had been parked, in this order; the accepted item is among them. */
  | { readonly kind: 'released'; readonly items: readonly PublishItem[] }
  /** Seen already. */
  | { readonly kind: 'duplicate' }
  /** Kept until the one before it comes, or `messageWaitMs` has passed; then another call hands it out. */
  | { readonly kind: 'parked' }
  /** Lost; to be counted and logged. */
  | { readonly kind: 'dropped'; readonly reason: ParkingFault }

/** The state of things when an item comes. */
export interface AcceptOptions {
  /** Whether the item's channel has holds, or lingers. */
  readonly isHeld: boolean
  readonly nowMs: number
}

// Shared, so that an item that arrives in its turn costs no allocation.
const DELIVERED: SequencerOutcome = Object.freeze({ kind: 'delivered' })
const DUPLICATE: SequencerOutcome = Object.freeze({ kind: 'duplicate' })
const PARKED: SequencerOutcome = Object.freeze({ kind: 'parked' })
const NO_ITEMS: readonly PublishItem[] = Object.freeze([])

/**
 * Puts the items of each channel into the order of their chain. GRIP: `id`, `prev-id`, `no-seq`.
 *
 *     item --seen before--> duplicate
 *          --not held, no-seq--> delivered
 *          --last id known and not its prev-id--> parked, or dropped for want of room
 *          --else--> delivered, with the parked ones that follow it
 *     parked --predecessor delivered, or messageWaitMs over--> delivered
 *
 * Promises, while last ids are not forgotten: an item is handed out once, after the one that its prev-id names if that
 * came at most `messageWaitMs` after it. `nowMs` never goes back. All calls take constant time for an item, but for the
 * search of a released item's predecessors among the parked ones of its channel.
 */
export class Sequencer {
  readonly #messageWaitMs: number
  readonly #seenIds: IdCache | undefined
  readonly #lastIds: LastIds
  readonly #parking: Parking

  constructor(options: SequencerOptions) {
    const limits = { ...DEFAULT_SEQUENCER_LIMITS, ...options.limits }
    this.#messageWaitMs = options.messageWaitMs
    const ttlMs = options.idCacheTtlMs
    this.#seenIds = ttlMs > 0 ? new IdCache({ ttlMs, maxIds: limits.maxSeenIds }) : undefined
    this.#lastIds = new LastIds(limits.maxLastIds)
    this.#parking = new Parking({ maxPerChannel: limits.maxParkedPerChannel, maxItems: limits.maxParked })
  }

  /** Sizes of the tables. */
  get size(): { readonly lastIds: number; readonly parked: number; readonly seenIds: number } {
    return { lastIds: this.#lastIds.size, parked: this.#parking.size, seenIds: this.#seenIds?.size ?? 0 }
  }

  /**
   * Takes an item that was published and says what to do with it. The id of a dropped item is not remembered, so that it
   * may be published again.
   */
  accept(item: PublishItem, options: AcceptOptions): SequencerOutcome {
    const { nowMs } = options
    if (item.id === undefined || this.#seenIds === undefined) return this.#place(item, options)
    const key = itemKey(item.channel, item.id)
    if (this.#seenIds.has(key, nowMs)) return DUPLICATE
    const outcome = this.#place(item, options)
    if (outcome.kind !== 'dropped') this.#seenIds.add(key, nowMs)
    return outcome
  }

  /**
   * Hands out the items that have waited for `messageWaitMs`, to be called about each second: oldest first, but after
   * parked items that lead to it, and before those that follow. Pushpin's order is unspecified.
   */
  expire(nowMs: number): readonly PublishItem[] {
    this.#seenIds?.expire(nowMs)
    let released: PublishItem[] | undefined
    for (;;) {
      const item = this.#parking.takeOverdue(this.#messageWaitMs, nowMs)
      if (item === undefined) return released ?? NO_ITEMS
      released ??= []
      released.push(...this.#parking.takePredecessors(item))
      this.#release(item, released)
    }
  }

  /** The id of the item that was delivered last on a held channel; undefined when that had none, or is not known. */
  lastId(channel: string): string | undefined {
    return this.#lastIds.get(channel)
  }

  /** Takes a channel over whose items were put into order before. */
  restore(channel: string, lastId: string | undefined): void {
    if (lastId === undefined) this.#lastIds.delete(channel)
    else this.#lastIds.set(channel, lastId)
  }

  /** Forgets the last id: a hold was told of another one. Parked items stay. */
  forget(channel: string): void {
    this.#lastIds.delete(channel)
  }

  /** Forgets all last ids: items may have been lost. Parked items stay. */
  forgetAll(): void {
    this.#lastIds.clear()
  }

  /** Ends the channel, which nobody holds any more, and returns its parked items, which nobody waits for. */
  drop(channel: string): readonly PublishItem[] {
    this.#lastIds.delete(channel)
    return this.#parking.takeAll(channel)
  }

  #place(item: PublishItem, { isHeld, nowMs }: AcceptOptions): SequencerOutcome {
    if (!isHeld || item.noSeq) return DELIVERED
    const lastId = this.#lastIds.get(item.channel)
    const chained = isChained(item) ? item : undefined
    if (
      chained !== undefined &&
      lastId !== undefined &&
      chained.prevId !== lastId &&
      this.#messageWaitMs > 0
    ) {
      return this.#park(chained, nowMs)
    }
    if (!this.#parking.has(item.channel)) {
      this.#setLastId(item)
      return DELIVERED
    }
    // Where the last id was forgotten, parked items may lead to this one, and would else come after it.
    const items = chained !== undefined && lastId === undefined ? this.#parking.takePredecessors(chained) : []
    this.#release(item, items)
    return items.length === 1 ? DELIVERED : { kind: 'released', items }
  }

  #park(item: ChainedItem, nowMs: number): SequencerOutcome {
    const fault = this.#parking.add(item, nowMs)
    return fault === undefined ? PARKED : { kind: 'dropped', reason: fault }
  }

  /** Adds the item to those released, and the parked ones that follow it. */
  #release(item: PublishItem, released: PublishItem[]): void {
    let last = item
    for (
      let next: PublishItem | undefined = item;
      next !== undefined;
      next = this.#parking.takeFollower(next)
    ) {
      released.push(next)
      last = next
    }
    this.#setLastId(last)
  }

  #setLastId({ channel, id }: PublishItem): void {
    if (id === undefined) this.#lastIds.delete(channel)
    else this.#lastIds.set(channel, id)
  }
}
