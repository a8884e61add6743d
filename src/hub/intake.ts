import type { Log } from '../edges/log.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import type { Counters } from '../stats/counters.ts'
import type { History } from './history.ts'
import type { Sequencer } from './sequencer.ts'

/** What items are put into order, kept and counted by. */
export interface IntakeOptions {
  readonly log: Log
  readonly counters: Counters
  readonly sequencer: Sequencer
  /** Undefined: what a hold missed is for its origin to replace. */
  readonly history: History | undefined
}

/** Where items go on when it is their turn, and who is there. */
export interface IntakeSink {
  /** Hears of an item that is no duplicate. */
  onAccepted(item: PublishItem): void
  /** Takes an item in its turn; returns how many holds there are for it. */
  pass(item: PublishItem): number
  /** How many holds there are for an item whose turn has not come. */
  countFor(item: PublishItem): number
}

/** A channel's items and last id, for another process that begins to hold it. */
export interface ChannelSnapshot {
  readonly lastId: string | undefined
  /** Oldest first, each with its age in milliseconds. */
  readonly items: readonly { readonly item: PublishItem; readonly ageMs: number }[]
}

/** What is known of a channel that nobody holds. */
export const UNKNOWN: ChannelSnapshot = Object.freeze({ lastId: undefined, items: [] })

/** Takes published items in, drops those seen before, puts them into the order of their chains and keeps them. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #sink: IntakeSink

  constructor(options: IntakeOptions, sink: IntakeSink) {
    this.#options = options
    this.#sink = sink
  }

  /** Passes an item on in its turn and returns how many holds there are for what it carries. */
  accept(item: PublishItem, state: { readonly isHeld: boolean; readonly nowMs: number }): number {
    const { counters, log, sequencer } = this.#options
    counters.itemsPublished++
    const outcome = sequencer.accept(item, state)
    if (outcome.kind !== 'duplicate') this.#sink.onAccepted(item)
    switch (outcome.kind) {
      case 'delivered':
        return this.#pass(item, state.nowMs)
      case 'released':
        return this.#passAll(outcome.items, { counted: item, nowMs: state.nowMs })
      case 'parked':
        counters.outcomes.parked++
        return this.#sink.countFor(item)
      case 'duplicate':
        counters.outcomes.duplicate++
        counters.dropped.duplicate++
        return 0
      case 'dropped':
        counters.outcomes['out-of-order']++
        counters.dropped['out-of-order']++
        log.warn(`item ${item.id} of channel ${item.channel} dropped: ${outcome.reason}`)
        return 0
    }
  }

  /** Passes on what has waited long enough. */
  expire(nowMs: number): void {
    for (const item of this.#options.sequencer.expire(nowMs)) this.#pass(item, nowMs)
  }

  /** Forgets what it knows of chains: items may have been lost on the way here. */
  forgetAll(): void {
    this.#options.sequencer.forgetAll()
    this.#options.history?.forgetAll()
  }

  /** Nobody holds the channel any more: what waits there is dropped. */
  drop(channel: string): void {
    const parked = this.#options.sequencer.drop(channel)
    this.#options.counters.dropped['out-of-order'] += parked.length
  }

  /** What another process must know of the channel to go on from here. */
  snapshot(channel: string, nowMs: number): ChannelSnapshot {
    const { sequencer, history } = this.#options
    return { lastId: sequencer.lastId(channel), items: history?.dated(channel, nowMs) ?? [] }
  }

  /** Goes on where another process is: what is known of the channel here is replaced. */
  restore(channel: string, { lastId, items }: ChannelSnapshot, nowMs: number): void {
    const { sequencer, history } = this.#options
    sequencer.restore(channel, lastId)
    history?.forget(channel)
    for (const { item, ageMs } of items) history?.restore(item, nowMs - ageMs)
  }

  #passAll(
    items: readonly PublishItem[],
    { counted, nowMs }: { readonly counted: PublishItem; readonly nowMs: number },
  ): number {
    let holds = 0
    for (const item of items) {
      const reached = this.#pass(item, nowMs)
      if (item === counted) holds = reached
    }
    return holds
  }

  #pass(item: PublishItem, nowMs: number): number {
    this.#options.history?.add(item, nowMs)
    return this.#sink.pass(item)
  }
}
