import type { ChannelObserver } from '../hub/channelIndex.ts'

/** Knows which channels are held. */
export interface ChannelBook {
  /** Tells the observer of the channels that are there, and from now on of those that come and go. */
  observe(observer: ChannelObserver): void
  /** Items may have been lost: all that follow chains or links ask their origins. */
  recover(): void
}
