import type { Clock } from '../edges/clock.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import { Fifo } from '../util/fifo.ts'
import { Batch } from './batch.ts'
import { deliverTracked, laterThan } from './deliverTracked.ts'
import { type Channel, deliverTo, isSubscribed, type Subscription } from './hold.ts'
import type { RateLimit } from './rateLimit.ts'

/**
 * Deliveries made before other work gets a turn. At some 5 µs each, a channel with 100,000 holds stalls accepts and
 * publishes for 5 ms at a time and not for half a second.
 */
const DELIVERIES_PER_SLICE = 1000

/** Bytes that may wait for a pass; above it passes run to their end at once, which slows the publishers down. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024

/** What an item counts beside its content: one without any takes memory, and its turn, too. */
const BYTES_PER_ITEM = 128

/** How fast deliveries are made, and who hears of those that fail. */
export interface FanOutOptions {
  /** Undefined: deliveries are made as fast as they can be. */
  readonly rateLimit: RateLimit | undefined
  /** An item does not follow on what a hold has that follows its channel's chain; it was not delivered. */
  readonly onBroken: (subscription: Subscription) => void
  /** Hears what a hold throws in a delivery. */
  readonly onError: (error: unknown) => void
}

/** Items of one channel that wait together, or are on their way to its holds. */
interface Pass {
  readonly channel: Channel
  readonly items: PublishItem[]
  readonly firstSequence: number
  bytes: number
  /** Deliveries that the rate limit has admitted and that still wait; holds may join or leave before their turn. */
  admitted: number
  /** Set when the pass begins: the holds of that moment, and how far it has come. */
  batch: Batch | undefined
  holders: readonly Subscription[]
  position: number
}

/**
 * Writes items to the holds of their channels, in the order published over all channels.
 *
 *     idle --item--> first slice at once --> busy until `soon`
 *     busy --item--> waits; items of the same channel in a row share a pass
 *     busy --soon--> next slice, next pass, ... --> idle when nothing waits
 *
 * The first item after a pause costs no delay. What arrives while a pass is under way is written to each hold as one
 * concatenation: under load a hold gets one write for many items, which is what makes bursts cheap.
 */
export class FanOut {
  readonly #clock: Clock
  readonly #rateLimit: RateLimit | undefined
  readonly #onBroken: (subscription: Subscription) => void
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Fifo<Pass>()
  #waitingBytes = 0
  #isBusy = false
  #isDelivering = false

  constructor(clock: Clock, options: FanOutOptions) {
    this.#clock = clock
    this.#rateLimit = options.rateLimit
    this.#onBroken = options.onBroken
    this.#onError = options.onError
  }

  /**
   * Delivers an item to the channel's holds, now or soon; false when a rate limit does not let it wait. `sequence` is
   * its number in the hub's count of items.
   */
  deliver(channel: Channel, item: PublishItem, sequence: number): boolean {
    const limit = this.#rateLimit
    if (limit !== undefined && !limit.admit(channel.subscriptions.length, this.#clock.now())) return false
    this.#enqueue(channel, item, sequence)
    if (!this.#isBusy) {
      this.#isBusy = true
      this.#runSlice()
      this.#scheduleNext()
    } else if (limit === undefined && this.#waitingBytes > MAX_QUEUED_BYTES) {
      this.flush()
    }
    return true
  }

  /** Delivers everything that waits before it returns, whatever the rate; nothing when a hold asks in its own delivery. */
  flush(): void {
    if (this.#isDelivering) return
    const nowMs = this.#clock.now()
    while (this.#waiting.size > 0) this.#runPasses(DELIVERIES_PER_SLICE, nowMs)
  }

  #enqueue(channel: Channel, item: PublishItem, sequence: number): void {
    const bytes = BYTES_PER_ITEM + contentLength(item)
    const last = this.#waiting.newest
    this.#waitingBytes += bytes
    if (last !== undefined && last.channel === channel && last.batch === undefined) {
      last.items.push(item)
      last.bytes += bytes
      last.admitted += channel.subscriptions.length
      return
    }
    this.#waiting.push({
      channel,
      items: [item],
      firstSequence: sequence,
      bytes,
      admitted: channel.subscriptions.length,
      batch: undefined,
      holders: NO_HOLDERS,
      position: 0,
    })
  }

  readonly #continue = (): void => {
    if (this.#waiting.size === 0) {
      this.#isBusy = false
      return
    }
    this.#runSlice()
    this.#scheduleNext()
  }

  #scheduleNext(): void {
    const limit = this.#rateLimit
    if (limit === undefined || this.#waiting.size === 0) this.#clock.soon(this.#continue)
    else this.#clock.after(limit.waitMs(this.#clock.now()), this.#continue)
  }

  #runSlice(): void {
    const nowMs = this.#clock.now()
    const budget = this.#rateLimit?.allowance(nowMs) ?? DELIVERIES_PER_SLICE
    this.#runPasses(Math.min(budget, DELIVERIES_PER_SLICE), nowMs)
  }

  #runPasses(limit: number, nowMs: number): void {
    let budget = limit
    while (budget > 0) {
      const pass = this.#waiting.oldest
      if (pass === undefined) return
      const visited = this.#advance(pass, budget, nowMs)
      budget -= visited
      if (this.#rateLimit !== undefined) settleDeliveries(this.#rateLimit, pass, visited * pass.items.length)
      if (pass.position < pass.holders.length) return
      this.#waiting.shift()
      this.#waitingBytes -= pass.bytes
    }
  }

  /** Delivers to up to `limit` further holds of the pass and returns how many it visited, at least 1. */
  #advance(pass: Pass, limit: number, nowMs: number): number {
    const batch = beginPass(pass)
    batch.nowMs = nowMs
    const start = pass.position
    const end = Math.min(pass.holders.length, start + limit)
    this.#isDelivering = true
    for (let i = start; i < end; i++) {
      const subscription = pass.holders[i] as Subscription
      if (isSubscribed(subscription)) this.#deliverOne(batch, subscription)
    }
    this.#isDelivering = false
    pass.position = end
    return Math.max(end - start, 1)
  }

  /** A hold that fails, which is a fault in the program, must not keep the others from their items. */
  #deliverOne(batch: Batch, subscription: Subscription): void {
    try {
      const rest = laterThan(batch, subscription.joinedAt)
      if (rest === undefined) return
      if (subscription.prevId === undefined) deliverTo(rest, subscription)
      else this.#deliverChain(rest, subscription)
    } catch (error) {
      this.#onError(error)
    }
  }

  #deliverChain(batch: Batch, subscription: Subscription): void {
    const broken = deliverTracked(batch, subscription)
    if (broken === undefined || !isSubscribed(subscription)) return
    this.#onBroken(subscription)
    // A hold that can do without what it lacks has left the chain, and gets the rest; a replay has brought all of it.
    if (subscription.prevId !== undefined || !isSubscribed(subscription)) return
    const rest = laterThan(broken, subscription.joinedAt)
    if (rest !== undefined) deliverTo(rest, subscription)
  }
}

const NO_HOLDERS: readonly Subscription[] = []

/** The holds of this moment, as a copy: deliveries may end holds and so change the channel's own list. */
function beginPass(pass: Pass): Batch {
  if (pass.batch === undefined) {
    pass.batch = new Batch(pass.items, pass.firstSequence)
    pass.holders = pass.channel.subscriptions.slice()
  }
  return pass.batch
}

/** Takes the deliveries of a slice off the limit's accounts; those that nobody is left for end with the pass. */
function settleDeliveries(limit: RateLimit, pass: Pass, made: number): void {
  const isOver = pass.position >= pass.holders.length
  const released = isOver ? pass.admitted : Math.min(made, pass.admitted)
  pass.admitted -= released
  limit.release(released)
  limit.spend(made)
}

function contentLength(item: PublishItem): number {
  let length = 0
  if (item.httpStream?.action === 'send') length += item.httpStream.content.length
  if (item.httpResponse?.action === 'send' && 'bytes' in item.httpResponse.body) {
    length += item.httpResponse.body.bytes.length
  }
  if (item.webSocketMessage?.action === 'send') length += item.webSocketMessage.content.length
  return length
}
