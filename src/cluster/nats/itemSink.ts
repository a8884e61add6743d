import type { PublishItem } from '../../grip/publishItem.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import type { ChannelSnapshot } from '../../hub/intake.ts'

/** Where a node's items go: the hub of a single process, or the relay to its workers. */
export interface ItemSink {
  /** Takes an item in; answers how many holds there are for it. */
  deliver(item: PublishItem): number | Promise<number>
  isHeld(channel: string): boolean
  /** Goes on with a channel where another node is. */
  restore(channel: string, snapshot: ChannelSnapshot): void
  /** Items may have been lost on the way here. */
  recover(): void
  observe(observer: ChannelObserver): void
}
