import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import type { Counters } from '../stats/counters.ts'
import type { SlotTable } from '../util/slotTable.ts'
import { Batch } from './batch.ts'
import { ChannelIndex, type ChannelObserver } from './channelIndex.ts'
import { FanOut } from './fanOut.ts'
import { FirstSubscriptions } from './firstSubscriptions.ts'
import { onlySent } from './history/onlySent.ts'
import type { History } from './history.ts'
import {
  type Channel,
  countReached,
  deliverTo,
  type Hold,
  type HubWatcher,
  type Subscription,
} from './hold.ts'
import { type ChannelSnapshot, Intake } from './intake.ts'
import { ItemMistakes } from './itemMistakes.ts'
import type { RateLimit } from './rateLimit.ts'
import type { Sequencer } from './sequencer.ts'

/** What a hub works with. */
export interface HubOptions {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  /** Where items are counted that come in; `counters`, unless another process has counted them. */
  readonly intakeCounters?: Counters
  /** Undefined: deliveries are made as fast as they can be. */
  readonly rateLimit: RateLimit | undefined
  readonly sequencer: Sequencer
  /** Undefined: what a hold missed is for its origin to replace. */
  readonly history: History | undefined
  /** How long a channel outlives its last long poll. Pushpin: `subscription_linger`. */
  readonly lingerMs: number
  /** Whether holds of a new channel ask their origins again. Pushpin: `update_on_first_subscription`. */
  readonly updatesOnFirstSubscription: boolean
}

/** A channel that a hold is to subscribe to. */
export interface ChannelRequest {
  readonly name: string
  /** Id of the last item that the client has; undefined where the hold does not follow the channel's chain. */
  readonly prevId: string | undefined
  /** Names of the channel's filters, at most 5. GRIP: filter. */
  readonly filters: readonly string[]
}

/** A hold's subscriptions, with what was published since its prev-ids and is for the hold to deliver first. */
export interface Subscribed {
  readonly subscriptions: readonly Subscription[]
  readonly missed: readonly { readonly batch: Batch; readonly subscription: Subscription }[]
}

/** Ids of the newest items by channel; undefined where there is none. */
export type NewestIds = ReadonlyMap<string, string | undefined>

const NOTHING_KNOWN: NewestIds = new Map()

const NO_ITEMS: readonly PublishItem[] = []

/** Milliseconds between looks at what waits: parked items, lingering channels, first subscriptions. */
export const HUB_TICK_MS = 250

/** Knows who holds which channel, and hands published items to them in the order of each channel's chain. */
export class Hub {
  watcher: HubWatcher | undefined
  readonly #options: HubOptions
  readonly #index: ChannelIndex
  readonly #fanOut: FanOut
  readonly #intake: Intake
  readonly #firstSubscriptions = new FirstSubscriptions()
  readonly #mistakes: ItemMistakes
  readonly #observers: ChannelObserver[] = []
  /** Number of the last item that was handed to the fan-out. */
  #sequence = 0

  constructor(options: HubOptions) {
    this.#options = options
    this.#mistakes = new ItemMistakes(options.log)
    this.#fanOut = new FanOut(options.clock, {
      rateLimit: options.rateLimit,
      onError: (error) => options.log.error('a delivery failed', { error }),
      onBroken: (subscription) => this.#replay(subscription),
    })
    this.#intake = new Intake(
      { ...options, counters: options.intakeCounters ?? options.counters },
      {
        onAccepted: (item) => this.watcher?.onAccepted(item),
        pass: (item) => this.#fan(item),
        countFor: (item) => this.#countFor(item),
      },
    )
    this.#index = new ChannelIndex({
      lingerMs: options.lingerMs,
      onDropped: (channel) => this.#channelDropped(channel),
      onHoldJoined: (channel, kind) => this.watcher?.onHoldJoined(channel, kind),
      onHoldLeft: (channel, kind) => this.watcher?.onHoldLeft(channel, kind),
    })
  }

  get channelCount(): number {
    return this.#index.size
  }

  /** The channels that somebody holds, or held until lately, to be read in steps. */
  get channels(): SlotTable<Channel> {
    return this.#index.slots
  }

  /** Tells whether somebody holds the channel, or held it until lately. */
  isHeld(name: string): boolean {
    return this.#index.get(name) !== undefined
  }

  /** One of these channels. */
  channel(name: string): Channel | undefined {
    return this.#index.get(name)
  }

  /** Tells the observer of the channels that are there, and from now on of those that come and go. It must not throw. */
  observe(observer: ChannelObserver): void {
    for (const { name } of this.#index.all()) observer.channelOpened(name)
    this.#observers.push(observer)
  }

  /** Notes the newest items of these channels, for `isBehind` to judge by what an origin that is asked now will answer. */
  newestIds(names: readonly string[]): NewestIds {
    return new Map(names.map((name) => [name, this.#newestId(name)]))
  }

  /**
   * Tells whether a client with these prev-ids lacks items that are not in the history, so that its origin must be asked
   * again. `known` is what was newest when the origin was asked: of items no newer than that its word is final. Nothing
   * can be published between this call and a `subscribe` that follows it with no `await`.
   */
  isBehind(requests: readonly ChannelRequest[], known: NewestIds = NOTHING_KNOWN): boolean {
    return requests.some(({ name, prevId }) => {
      if (prevId === undefined || !this.#isGap(name, prevId)) return false
      return !known.has(name) || known.get(name) !== this.#newestId(name)
    })
  }

  /**
   * Makes the hold a holder of the channels. Synchronous: an item published after this call reaches the hold; one
   * published before it does not, but for those in `missed`, which follow on the prev-ids.
   */
  subscribe(hold: Hold, requests: readonly ChannelRequest[]): Subscribed {
    for (const { name, prevId } of requests) {
      // The origin's word counts: an item that follows on it must not wait for those that would come before.
      if (prevId !== undefined && this.#isGap(name, prevId)) this.#options.sequencer.forget(name)
    }
    const subscriptions = requests.map((request) => this.#subscribeTo(hold, request))
    const missed = subscriptions.flatMap((subscription) => {
      const batch = this.#takeMissed(subscription)
      return batch === undefined ? [] : [{ batch, subscription }]
    })
    return { subscriptions, missed }
  }

  /** Ends subscriptions; items that wait for delivery no longer reach them. */
  unsubscribe(subscriptions: readonly Subscription[]): void {
    const nowMs = this.#options.clock.now()
    for (const subscription of subscriptions) this.#index.remove(subscription, nowMs)
  }

  /** Hands an item to the holds of its channel, in its turn, and returns how many there are for what it carries. */
  deliver(item: PublishItem): number {
    const { log, clock } = this.#options
    const isHeld = this.isHeld(item.channel)
    const holds = this.#intake.accept(item, { isHeld, nowMs: clock.now() })
    if (log.isEnabled('debug')) log.debug(`publish channel=${item.channel} receivers=${holds}`)
    return holds
  }

  /** Items may have been lost on the way here: all holds that follow a chain, or links, ask their origins. */
  recover(): void {
    this.#intake.forgetAll()
    for (const channel of this.#index.all()) updateHolds(channel)
  }

  /** Does what is due by time; to be called each HUB_TICK_MS. */
  tick(nowMs: number): void {
    this.#intake.expire(nowMs)
    this.#index.sweep(nowMs)
    for (const name of this.#firstSubscriptions.takeDue(nowMs)) {
      const channel = this.#index.get(name)
      if (channel !== undefined) updateHolds(channel)
    }
  }

  /** Goes on with a channel where another process is; to be called before somebody subscribes to it here. */
  restore(name: string, snapshot: ChannelSnapshot): void {
    this.#intake.restore(name, snapshot, this.#options.clock.now())
  }

  /** Delivers everything that waits before it returns. */
  flush(): void {
    this.#fanOut.flush()
  }

  #subscribeTo(hold: Hold, { name, prevId }: ChannelRequest): Subscription {
    let channel = this.#index.get(name)
    if (channel === undefined) {
      channel = this.#index.open(name)
      for (const observer of this.#observers) observer.channelOpened(name)
      if (this.#options.updatesOnFirstSubscription) {
        this.#firstSubscriptions.add(name, this.#options.clock.now())
      }
    }
    return this.#index.add(hold, channel, { joinedAt: this.#sequence, prevId })
  }

  /** Items of the history that follow on what the hold has; the hold then has them. */
  #takeMissed(subscription: Subscription): Batch | undefined {
    const items = this.#itemsAfter(subscription) ?? NO_ITEMS
    const last = items.at(-1)
    if (last === undefined) return undefined
    subscription.prevId = last.id
    subscription.joinedAt = this.#sequence
    const batch = new Batch(items.map(onlySent), this.#sequence - items.length + 1)
    batch.nowMs = this.#options.clock.now()
    return batch
  }

  #itemsAfter({ channel, prevId }: Subscription): readonly PublishItem[] | undefined {
    const { history, clock } = this.#options
    return prevId === undefined ? undefined : history?.after(channel.name, prevId, clock.now())
  }

  /** An item does not follow on what the hold has: gives it what is between, or leaves that to its origin. */
  #replay(subscription: Subscription): void {
    if (this.#itemsAfter(subscription) === undefined) {
      subscription.hold.missed(subscription)
      return
    }
    const batch = this.#takeMissed(subscription)
    if (batch !== undefined) deliverTo(batch, subscription)
  }

  #newestId(name: string): string | undefined {
    const { history, sequencer, clock } = this.#options
    return history?.newestId(name, clock.now()) ?? sequencer.lastId(name)
  }

  #isGap(name: string, prevId: string): boolean {
    const { history, sequencer, clock } = this.#options
    if (history !== undefined) {
      if (history.after(name, prevId, clock.now()) !== undefined) return false
      if (history.has(name, clock.now())) return true
    }
    const lastId = sequencer.lastId(name)
    return lastId !== undefined && lastId !== prevId
  }

  #fan(item: PublishItem): number {
    const { counters } = this.#options
    const channel = this.#index.get(item.channel)
    const holds = channel === undefined ? 0 : countReached(channel, item)
    if (holds === 0) counters.outcomes.unheld++
    if (channel === undefined || channel.subscriptions.length === 0) return 0
    if (holds === 0) this.#mistakes.noteUnfit(item)
    else this.#mistakes.noteFit(item)
    // An item that carries nothing for these holds moves the chain that they follow all the same.
    if (holds === 0 && item.id === undefined) return 0
    // As in Pushpin before rate limits and filters; the holds that answer are gone when the item is delivered.
    if (holds > 0) this.watcher?.onFanned(item, channel)
    // Counted before: a hold that is delivered to may publish, and subscribe others.
    const sequence = ++this.#sequence
    if (!this.#fanOut.deliver(channel, item, sequence)) {
      this.#sequence--
      if (holds > 0) counters.outcomes['rate-limit']++
      return 0
    }
    if (holds > 0) counters.outcomes.delivered++
    counters.deliveries += holds
    return holds
  }

  #countFor(item: PublishItem): number {
    const channel = this.#index.get(item.channel)
    return channel === undefined ? 0 : countReached(channel, item)
  }

  #channelDropped(channel: Channel): void {
    this.#intake.drop(channel.name)
    for (const observer of this.#observers) observer.channelDropped(channel.name)
  }
}

function updateHolds(channel: Channel): void {
  for (const { hold } of channel.subscriptions.slice()) hold.update()
}
