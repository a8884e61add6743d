import type { Batch } from './batch.ts'

/** What a hold waits for; decides which format of an item it gets. */
export type HoldKind = 'response' | 'stream'

/** A client connection that is kept for an origin: what the hub delivers to. */
export interface Hold {
  readonly kind: HoldKind
  /**
   * Takes the items of one channel, in the order published. Never throws and never blocks: a client that cannot keep
   * up is closed by its own hold. Called only while the subscription is in the hub.
   */
  deliver(batch: Batch, subscription: Subscription): void
}

/** One hold on one channel. */
export interface Subscription {
  readonly hold: Hold
  readonly channel: Channel
  /** Number of the last item published before this subscription began: it gets only later ones. */
  readonly joinedAt: number
  /** Place in `channel.subscriptions`; -1 once unsubscribed. */
  index: number
}

/** A channel that somebody holds. */
export interface Channel {
  readonly name: string
  readonly subscriptions: Subscription[]
  responseHolds: number
  streamHolds: number
}
