import type { PublishItem } from '../../grip/publishItem.ts'
import { type Aged, AgeQueue } from '../ageQueue.ts'

/** An item that names the one before it. */
export type ChainedItem = PublishItem & { readonly prevId: string }

/** Why an item cannot be parked: another one waits for the same prev-id, or no place is left. */
export type ParkingFault = 'prev-id-taken' | 'parking-full'

/** How many items may wait. */
export interface ParkingLimits {
  readonly maxPerChannel: number
  /** Over all channels. */
  readonly maxItems: number
}

class ParkedItem implements Aged<ParkedItem> {
  readonly item: ChainedItem
  readonly parkedMs: number
  older: ParkedItem | undefined = undefined
  newer: ParkedItem | undefined = undefined

  constructor(item: ChainedItem, parkedMs: number) {
    this.item = item
    this.parkedMs = parkedMs
  }
}

/** Tells whether the item has a prev-id. */
export function isChained(item: PublishItem): item is ChainedItem {
  return item.prevId !== undefined
}

/** Items that wait for the one before them, each under its channel and prev-id. `nowMs` never goes back. */
export class Parking {
  readonly #limits: ParkingLimits
  readonly #channels = new Map<string, Map<string, ParkedItem>>()
  readonly #queue = new AgeQueue<ParkedItem>()

  constructor(limits: ParkingLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#queue.size
  }

  has(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** Parks the item, or says why not. */
  add(item: ChainedItem, nowMs: number): ParkingFault | undefined {
    const waiting = this.#channels.get(item.channel)
    if (waiting?.has(item.prevId) === true) return 'prev-id-taken'
    const { maxPerChannel, maxItems } = this.#limits
    if ((waiting?.size ?? 0) >= maxPerChannel || this.#queue.size >= maxItems) return 'parking-full'
    const parked = new ParkedItem(item, nowMs)
    if (waiting === undefined) this.#channels.set(item.channel, new Map([[item.prevId, parked]]))
    else waiting.set(item.prevId, parked)
    this.#queue.push(parked)
    return undefined
  }

  /** Takes out the item that waits for this one. */
  takeFollower({ channel, id }: PublishItem): ChainedItem | undefined {
    if (id === undefined) return undefined
    const parked = this.#channels.get(channel)?.get(id)
    return parked && this.#take(parked)
  }

  /** Takes out the item that leads to this one by its id, the one that leads to that, and so on; in chain order. */
  takePredecessors({ channel, prevId }: ChainedItem): ChainedItem[] {
    const waiting = this.#channels.get(channel)
    if (waiting === undefined) return []
    const byId = new Map<string | undefined, ParkedItem>()
    for (const parked of waiting.values()) byId.set(parked.item.id, parked)
    const chain: ChainedItem[] = []
    for (let parked = byId.get(prevId); parked !== undefined; parked = byId.get(parked.item.prevId)) {
      // Wrong ids can form a ring: what is taken is not found again.
      byId.delete(parked.item.id)
      chain.push(this.#take(parked))
    }
    return chain.reverse()
  }

  /** Takes out the item that has waited longest, if that is at least `waitMs`. */
  takeOverdue(waitMs: number, nowMs: number): ChainedItem | undefined {
    const { oldest } = this.#queue
    if (oldest === undefined || nowMs - oldest.parkedMs < waitMs) return undefined
    return this.#take(oldest)
  }

  /** Takes out all items of the channel, in the order in which they came. */
  takeAll(channel: string): ChainedItem[] {
    const waiting = this.#channels.get(channel)
    return waiting === undefined ? [] : Array.from(waiting.values(), (parked) => this.#take(parked))
  }

  #take(parked: ParkedItem): ChainedItem {
    const { channel, prevId } = parked.item
    const waiting = this.#channels.get(channel)
    waiting?.delete(prevId)
    if (waiting?.size === 0) this.#channels.delete(channel)
    this.#queue.remove(parked)
    return parked.item
  }
}
