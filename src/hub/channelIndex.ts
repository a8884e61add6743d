import type { Channel, Hold, Subscription } from './hold.ts'

/** Who holds which channel. A channel exists while it has a subscription. */
export class ChannelIndex {
  readonly #channels = new Map<string, Channel>()

  get size(): number {
    return this.#channels.size
  }

  get(name: string): Channel | undefined {
    return this.#channels.get(name)
  }

  add(hold: Hold, name: string, joinedAt: number): Subscription {
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = { name, subscriptions: [], responseHolds: 0, streamHolds: 0 }
      this.#channels.set(name, channel)
    }
    const subscription: Subscription = { hold, channel, joinedAt, index: channel.subscriptions.length }
    channel.subscriptions.push(subscription)
    countHold(channel, hold, 1)
    return subscription
  }

  /** Takes the subscription out in constant time: the last one moves into its place. */
  remove(subscription: Subscription): void {
    const { channel, index } = subscription
    if (index < 0) return
    const last = channel.subscriptions.pop() as Subscription
    if (last !== subscription) {
      channel.subscriptions[index] = last
      last.index = index
    }
    subscription.index = -1
    countHold(channel, subscription.hold, -1)
    if (channel.subscriptions.length === 0) this.#channels.delete(channel.name)
  }
}

function countHold(channel: Channel, hold: Hold, change: 1 | -1): void {
  if (hold.kind === 'stream') channel.streamHolds += change
  else channel.responseHolds += change
}
