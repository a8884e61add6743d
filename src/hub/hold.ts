import type { Batch } from './batch.ts'
import type { Subscription } from './channelIndex.ts'

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
