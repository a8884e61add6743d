import type { PublishItem } from '../grip/publishItem.ts'
import type { Connection, HoldKind } from '../stats/connections.ts'
import type { Slotted } from '../util/slotTable.ts'
import type { Batch } from './batch.ts'

/** A client connection that is kept for an origin: what the hub delivers to. */
export interface Hold {
  /** What it waits for; decides which format of an item it gets. */
  readonly kind: HoldKind
  /** Whom it holds. */
  readonly connection: Connection
  /**
   * Takes the items of one channel, in the order published. Never throws and never blocks: a client that cannot keep
   * up is closed by its own hold. Called only while the subscription is in the hub.
   */
  deliver(batch: Batch, subscription: Subscription): void
  /** The origin may have something new for the hold: asks it when it is this hold's turn. GRIP: retry, next link. */
  update(): void
  /**
   * Items of the channel are lost to this hold and nothing here can replace them: the origin has to. A hold that goes on
   * without them sets the subscription's prev-id to undefined.
   */
  missed(subscription: Subscription): void
}

/** One hold on one channel. */
export interface Subscription {
  readonly hold: Hold
  readonly channel: Channel
  /** Number of the last item that is not for this subscription: published before it began, or replayed to it. */
  joinedAt: number
  /** Place in `channel.subscriptions`; -1 once unsubscribed. */
  index: number
  /** Id of the last item that the hold has, while it follows the channel's chain of items. GRIP: prev-id. */
  prevId: string | undefined
  /** Delivers what the channel's filters let through; undefined where there are none. */
  deliverFiltered: ((batch: Batch) => void) | undefined
  /** Names of these filters. */
  filterNames: readonly string[] | undefined
}

/** Tells whether the subscription is in the hub. A delivery may end it, as it may end its hold. */
export function isSubscribed(subscription: Subscription): boolean {
  return subscription.index >= 0
}

/** Delivers a batch to a hold, through its filters where it has any. */
export function deliverTo(batch: Batch, subscription: Subscription): void {
  if (subscription.deliverFiltered === undefined) subscription.hold.deliver(batch, subscription)
  else subscription.deliverFiltered(batch)
}

/** Hears of who holds which channel, and of what is published to them. Called in the hot path. */
export interface HubWatcher {
  /** A hold has joined the channel, whose counts say so already. */
  onHoldJoined(channel: Channel, kind: HoldKind): void
  /** A hold has left the channel, whose counts say so already. */
  onHoldLeft(channel: Channel, kind: HoldKind): void
  /** An item was taken that is no duplicate. */
  onAccepted(item: PublishItem): void
  /** An item is handed to the holds of its channel. */
  onFanned(item: PublishItem, channel: Channel): void
}

/** A channel that somebody holds, or held until lately. */
export interface Channel extends Slotted {
  readonly name: string
  readonly subscriptions: Subscription[]
  responseHolds: number
  streamHolds: number
  socketHolds: number
  /** Until then the channel counts as held though its long polls are answered: their clients are about to poll again. */
  lingersUntilMs: number
}

/** Counts the channel's holds that an item has something for. */
export function countReached(channel: Channel, item: PublishItem): number {
  if (item.action !== undefined) return channel.subscriptions.length
  let holds = 0
  if (item.httpResponse !== undefined) holds += channel.responseHolds
  if (item.httpStream !== undefined) holds += channel.streamHolds
  if (item.webSocketMessage !== undefined) holds += channel.socketHolds
  return holds
}
