import type { ChannelFeed, PublishOutcome } from '../../edges/bus.ts'
import type { Clock } from '../../edges/clock.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import type { HubWatcher } from '../../hub/hold.ts'
import { type ChannelSnapshot, Intake, type IntakeOptions, type IntakeSink } from '../../hub/intake.ts'
import type { Counters } from '../../stats/counters.ts'
import { encodeItem } from '../itemCodec.ts'
import { Reach } from './reach.ts'

/** A worker as items are sent to it. */
export interface ItemTaker {
  /** True when the worker has ended. */
  readonly isGone: boolean
  /** Sends an encoded item; `reach` hears of it when the worker has it. */
  take(item: Buffer, reach: Reach | undefined): void
  /** Items may have been lost on the way here. */
  recover(): void
}

/** What items are taken in by, and where they come from. */
export interface ItemRelayOptions extends IntakeOptions {
  readonly clock: Clock
  /** Where items come from; asked before a worker is told that a channel is open. */
  readonly feed: ChannelFeed
}

/**
 * The primary process's end of what is published: takes items in once, for all workers, keeps them, and sends each to the
 * workers that hold its channel. A worker's own hub goes on from a snapshot of what is known here.
 */
export class ItemRelay implements IntakeSink {
  /** Hears of items that are no duplicates; set by statistics. */
  watcher: Pick<HubWatcher, 'onAccepted'> | undefined
  readonly #clock: Clock
  readonly #feed: ChannelFeed
  readonly #counters: Counters
  readonly #intake: Intake
  readonly #channels = new Map<string, Set<ItemTaker>>()
  readonly #observers: ChannelObserver[] = []
  /** Of the items that are being published now; one that was parked before is nobody's any more. */
  readonly #reaches = new Map<PublishItem, Reach>()

  constructor(options: ItemRelayOptions) {
    this.#clock = options.clock
    this.#feed = options.feed
    this.#counters = options.counters
    this.#intake = new Intake(options, this)
  }

  get channelCount(): number {
    return this.#channels.size
  }

  /** As `Hub.observe`. */
  observe(observer: ChannelObserver): void {
    for (const name of this.#channels.keys()) observer.channelOpened(name)
    this.#observers.push(observer)
  }

  /** Lets the worker have the channels; `onOpen` is given what it must know of each before the items that follow. */
  open(
    taker: ItemTaker,
    channels: readonly string[],
    onOpen: (snapshots: readonly ChannelSnapshot[]) => void,
  ): void {
    this.#feed.open(channels, () => {
      if (taker.isGone) return
      const nowMs = this.#clock.now()
      for (const name of channels) this.#holdersOf(name).add(taker)
      onOpen(channels.map((name) => this.#intake.snapshot(name, nowMs)))
    })
  }

  /** The worker no longer holds the channel. */
  close(taker: ItemTaker, channel: string): void {
    const takers = this.#channels.get(channel)
    if (takers?.delete(taker) !== true || takers.size > 0) return
    this.#channels.delete(channel)
    this.#intake.drop(channel)
    for (const observer of this.#observers) observer.channelDropped(channel)
  }

  /** Takes items in; the answer comes when all workers have them that hold their channels. */
  async publish(items: readonly PublishItem[]): Promise<readonly PublishOutcome[]> {
    const counts = items.map((item) => this.deliver(item))
    const outcomes: PublishOutcome[] = []
    for (const count of counts) outcomes.push({ holds: typeof count === 'number' ? count : await count })
    return outcomes
  }

  /** Takes an item in and answers how many holds there are for it: at once where no worker is to have it now. */
  deliver(item: PublishItem): number | Promise<number> {
    const state = { isHeld: this.isHeld(item.channel), nowMs: this.#clock.now() }
    if (!state.isHeld) {
      this.#intake.accept(item, state)
      return 0
    }
    const reach = new Reach()
    this.#reaches.set(item, reach)
    this.#intake.accept(item, state)
    this.#reaches.delete(item)
    return reach.total()
  }

  isHeld(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** As `Hub.restore`. */
  restore(channel: string, snapshot: ChannelSnapshot): void {
    this.#intake.restore(channel, snapshot, this.#clock.now())
  }

  /** Items may have been lost on the way here: all workers ask the origins of those that follow chains or links. */
  recover(): void {
    this.#intake.forgetAll()
    const takers = new Set([...this.#channels.values()].flatMap((of) => [...of]))
    for (const taker of takers) taker.recover()
  }

  /** Passes on what has waited long enough for the item before it. */
  tick(nowMs: number): void {
    this.#intake.expire(nowMs)
  }

  onAccepted(item: PublishItem): void {
    this.watcher?.onAccepted(item)
  }

  pass(item: PublishItem): number {
    const takers = this.#channels.get(item.channel)
    if (takers === undefined) {
      this.#counters.outcomes.unheld++
      return 0
    }
    const bytes = encodeItem(item)
    const reach = this.#reaches.get(item)
    for (const taker of takers) taker.take(bytes, reach)
    return takers.size
  }

  countFor(): number {
    return 0
  }

  #holdersOf(name: string): Set<ItemTaker> {
    let takers = this.#channels.get(name)
    if (takers === undefined) {
      takers = new Set()
      this.#channels.set(name, takers)
      for (const observer of this.#observers) observer.channelOpened(name)
    }
    return takers
  }
}
