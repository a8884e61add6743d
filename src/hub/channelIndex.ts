import type { HoldKind } from '../stats/connections.ts'
import { SlotTable } from '../util/slotTable.ts'
import type { Channel, Hold, Subscription } from './hold.ts'

/** How long channels linger, and who hears what becomes of them. */
export interface ChannelIndexOptions {
  /** How long a channel outlives its last long poll. Pushpin: `subscription_linger`. */
  readonly lingerMs: number
  /** Nobody holds the channel any more, and it does not linger. */
  readonly onDropped: (channel: Channel) => void
  /** A hold of the kind has joined the channel. */
  readonly onHoldJoined: (channel: Channel, kind: HoldKind) => void
  /** A hold of the kind has left the channel. */
  readonly onHoldLeft: (channel: Channel, kind: HoldKind) => void
}

/** Hears which channels are held: of each once when its first holder comes, and once when it is dropped. */
export interface ChannelObserver {
  channelOpened(name: string): void
  channelDropped(name: string): void
}

/** Who holds which channel. A channel exists while it has a subscription or lingers. */
export class ChannelIndex {
  /** The channels once more, to be read in steps. */
  readonly slots = new SlotTable<Channel>()
  readonly #options: ChannelIndexOptions
  readonly #channels = new Map<string, Channel>()
  /** Channels that linger, in the order of time: all linger equally long. */
  readonly #lingering = new Set<Channel>()

  constructor(options: ChannelIndexOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#channels.size
  }

  get(name: string): Channel | undefined {
    return this.#channels.get(name)
  }

  all(): IterableIterator<Channel> {
    return this.#channels.values()
  }

  /** Adds a channel that is not there. */
  open(name: string): Channel {
    const channel: Channel = {
      slot: -1,
      name,
      subscriptions: [],
      responseHolds: 0,
      streamHolds: 0,
      socketHolds: 0,
      lingersUntilMs: 0,
    }
    this.#channels.set(name, channel)
    this.slots.add(channel)
    return channel
  }

  add(hold: Hold, channel: Channel, state: { joinedAt: number; prevId: string | undefined }): Subscription {
    const { joinedAt, prevId } = state
    const index = channel.subscriptions.length
    const subscription = {
      hold,
      channel,
      joinedAt,
      prevId,
      index,
      deliverFiltered: undefined,
      filterNames: undefined,
    }
    channel.subscriptions.push(subscription)
    countHold(channel, hold, 1)
    this.#options.onHoldJoined(channel, hold.kind)
    return subscription
  }

  /** Takes the subscription out in constant time: the last one moves into its place. */
  remove(subscription: Subscription, nowMs: number): void {
    const { channel, index } = subscription
    if (index < 0) return
    const last = channel.subscriptions.pop() as Subscription
    if (last !== subscription) {
      channel.subscriptions[index] = last
      last.index = index
    }
    subscription.index = -1
    countHold(channel, subscription.hold, -1)
    this.#options.onHoldLeft(channel, subscription.hold.kind)
    if (subscription.hold.kind === 'response' && channel.responseHolds === 0) this.#linger(channel, nowMs)
    if (channel.subscriptions.length === 0 && channel.lingersUntilMs <= nowMs) this.#drop(channel)
  }

  /** Drops the channels whose time has passed. */
  sweep(nowMs: number): void {
    for (const channel of this.#lingering) {
      if (channel.lingersUntilMs > nowMs) return
      this.#lingering.delete(channel)
      if (channel.subscriptions.length === 0) this.#drop(channel)
    }
  }

  #linger(channel: Channel, nowMs: number): void {
    if (this.#options.lingerMs === 0) return
    channel.lingersUntilMs = nowMs + this.#options.lingerMs
    this.#lingering.delete(channel)
    this.#lingering.add(channel)
  }

  #drop(channel: Channel): void {
    this.#lingering.delete(channel)
    this.#channels.delete(channel.name)
    this.slots.delete(channel)
    this.#options.onDropped(channel)
  }
}

function countHold(channel: Channel, hold: Hold, change: 1 | -1): void {
  if (hold.kind === 'stream') channel.streamHolds += change
  else if (hold.kind === 'socket') channel.socketHolds += change
  else channel.responseHolds += change
}
