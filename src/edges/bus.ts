import type { HoldfastError } from '../errors.ts'
import type { PublishItem } from '../grip/publishItem.ts'

/** What became of one published item. */
export interface PublishOutcome {
  /** Holds that the item was handed to, on all nodes; 0 where nobody wanted to know. */
  readonly holds: number
}

/** How items are to be published. */
export interface PublishOptions {
  /**
   * Called for each item that is too large, before any is sent; the others are published, and its outcome is no holds. Without it,
   * the whole call is refused.
   */
  readonly onRefused?: (item: PublishItem, reason: HoldfastError) => void
  /** Whether the outcomes are to say how many holds there were, which costs more where there are several nodes; default true. */
  readonly countsHolds?: boolean
}

/**
 * Carries every published item to every hub. Items of one caller arrive in the order of its calls; the callers must have
 * validated them (`grip/publishItem`). Rejects with BUS_UNAVAILABLE when items cannot be taken, or when it is not known whether
 * they were: what lies between may have broken after they were sent. Rejects with ITEM_TOO_LARGE when one is too large for it and
 * the caller did not say what to do then (`onRefused`); nothing was delivered.
 */
export interface PublishBus {
  /** False while items cannot be taken. */
  readonly isUp: boolean
  publish(items: readonly PublishItem[], options?: PublishOptions): Promise<readonly PublishOutcome[]>
  close(): Promise<void>
}

/**
 * Brings the items of the channels that are held here, from where they are published: this process, the primary process
 * or a cluster.
 */
export interface ChannelFeed {
  /**
   * Calls back when the hub gets every item that is published on the channels from then on, and knows what was before; at once
   * where nothing is far away, or nothing can be reached. The caller subscribes in the callback, and the channels stay open
   * for as long as somebody holds them.
   */
  open(channels: readonly string[], onOpen: () => void): void
}
