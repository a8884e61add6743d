import type { Clock, Log } from '../edges.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import type { Counters } from '../stats/counters.ts'
import { ChannelIndex } from './channelIndex.ts'
import { FanOut } from './fanOut.ts'
import type { Channel, Hold, Subscription } from './hold.ts'
import type { RateLimit } from './rateLimit.ts'

export interface HubOptions {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  /** Undefined: deliveries are made as fast as they can be. */
  readonly rateLimit: RateLimit | undefined
}

/** Knows who holds which channel and hands published items to them. */
export class Hub {
  readonly #index = new ChannelIndex()
  readonly #fanOut: FanOut
  readonly #log: Log
  readonly #counters: Counters
  /** Number of the last item that was handed to the fan-out. */
  #sequence = 0

  constructor(options: HubOptions) {
    this.#fanOut = new FanOut(options.clock, options.rateLimit)
    this.#log = options.log
    this.#counters = options.counters
  }

  get channelCount(): number {
    return this.#index.size
  }

  /**
   * Makes the hold a holder of the channels. Synchronous: an item published after this call reaches the hold, one
   * published before does not.
   */
  subscribe(hold: Hold, channels: readonly string[]): Subscription[] {
    return channels.map((name) => this.#index.add(hold, name, this.#sequence))
  }

  /** Ends subscriptions; items that wait for delivery no longer reach them. */
  unsubscribe(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) this.#index.remove(subscription)
  }

  /** Hands an item to the holds of its channel and returns how many there are for what it carries. */
  deliver(item: PublishItem): number {
    this.#counters.itemsPublished++
    const channel = this.#index.get(item.channel)
    let holds = channel === undefined ? 0 : countReached(channel, item)
    if (channel !== undefined && holds > 0) {
      if (this.#fanOut.deliver(channel, item, this.#sequence + 1)) this.#sequence++
      else holds = 0
      this.#counters.deliveries += holds
    }
    if (this.#log.isEnabled('debug')) this.#log.debug(`publish channel=${item.channel} receivers=${holds}`)
    return holds
  }

  /** Delivers everything that waits before it returns. */
  flush(): void {
    this.#fanOut.flush()
  }
}

function countReached(channel: Channel, item: PublishItem): number {
  if (item.action !== undefined) return channel.subscriptions.length
  let holds = 0
  if (item.httpResponse !== undefined) holds += channel.responseHolds
  if (item.httpStream !== undefined) holds += channel.streamHolds
  return holds
}
