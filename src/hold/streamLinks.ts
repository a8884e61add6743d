import type { Instruct } from '../grip/instruct.ts'
import type { Batch } from '../hub/batch.ts'
import { deliverTracked } from '../hub/deliverTracked.ts'
import { deliverTo, isSubscribed, type Subscription } from '../hub/hold.ts'
import type { NewestIds } from '../hub/hub.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'
import { type LastId, lastIdsOf } from './lastId.ts'
import type { LinkSource } from './linkSource.ts'
import { type LinkedStream, NextLinkFollower } from './nextLinkFollower.ts'

/** The stream whose links these are. */
export interface LinkingStream {
  readonly subscriptions: readonly Subscription[]
  /** Appends body bytes; false when the client has enough for now. */
  append(bytes: Buffer): boolean
  /** Goes on under other instructions. */
  adopt(instruct: Instruct, onAdopted: () => void): void
  /** The client lacks items that are not in the history. */
  missed(): void
  /** Ends the stream cleanly; a fault is told to the client where that is wanted. */
  finish(fault?: string): void
  /** Ends the stream at once: more waits for the client than may. */
  overflow(bytes: number): void
}

/** Items that were published while the next link was being fetched. */
interface Waiting {
  readonly batch: Batch
  readonly subscription: Subscription
}

/** What a held stream does with the links that its origin gave. GRIP: Grip-Link. */
export class StreamLinks implements LinkedStream {
  readonly #environment: HoldEnvironment
  readonly #stream: LinkingStream
  readonly #source: LinkSource
  readonly #active = new Set<Subscription>()
  #follower: NextLinkFollower | undefined
  #goneUrl: string | undefined
  /** What the client had of each channel before the answer that is being appended. */
  readonly #prevIds = new Map<Subscription, string | undefined>()
  /** What was newest in them then. */
  #newestIds: NewestIds = new Map()
  #waiting: Waiting[] = []
  #waitingBytes = 0

  constructor(environment: HoldEnvironment, stream: LinkingStream, source: LinkSource) {
    this.#environment = environment
    this.#stream = stream
    this.#source = source
  }

  /** Takes the links of the first instructions. */
  begin(instruct: Instruct): void {
    this.#goneUrl = instruct.goneLink?.url
    const { nextLink } = instruct
    if (nextLink === undefined) return
    this.#follower = new NextLinkFollower(this.#environment, this, { next: nextLink, source: this.#source })
    if (instruct.holdMode === 'stream') this.#follower.poll()
    else this.#follower.follow({ isUrgent: true })
  }

  /** True when what the stream missed can be had from the origin. */
  get canFollow(): boolean {
    return this.#follower !== undefined
  }

  follow(options: { readonly isUrgent: boolean }): void {
    this.#follower?.follow(options)
  }

  /** Notes an item; true when it has to wait, because an answer is being appended. */
  holdsBack(batch: Batch, subscription: Subscription): boolean {
    if (this.#follower === undefined) return false
    this.#active.add(subscription)
    if (!this.#follower.isFetching) return false
    this.#waiting.push({ batch, subscription })
    this.#waitingBytes += batch.streamPlan('raw').wire.length
    if (this.#waitingBytes > this.#environment.clientSendBufferBytes)
      this.#stream.overflow(this.#waitingBytes)
    return true
  }

  /** Lets items wait before their filters: what of them is wanted is known only when the answer is there. */
  holdBackFiltered(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      const { deliverFiltered } = subscription
      if (deliverFiltered === undefined) continue
      subscription.deliverFiltered = (batch) => {
        if (!this.holdsBack(batch, subscription)) deliverFiltered(batch)
      }
    }
  }

  resume(): void {
    this.#follower?.resume()
  }

  /** The stream is at its end, whatever ended it. */
  stop(): void {
    this.#follower?.stop()
    this.#follower = undefined
    this.#waiting = []
    if (this.#goneUrl !== undefined) this.#source.tellGone(this.#goneUrl)
    this.#goneUrl = undefined
  }

  /** From now on every item waits, whether or not it follows on what the client has: the answer may bring what is between. */
  beginAnswer(): readonly LastId[] {
    const { subscriptions } = this.#stream
    const lastIds = lastIdsOf(subscriptions, this.#source.prefix)
    this.#newestIds = this.#environment.hub.newestIds(subscriptions.map(({ channel }) => channel.name))
    this.#prevIds.clear()
    for (const subscription of subscriptions) {
      this.#prevIds.set(subscription, subscription.prevId)
      subscription.prevId = undefined
    }
    return lastIds
  }

  takeWasActive(): boolean {
    const { subscriptions } = this.#stream
    const wasActive = subscriptions.length > 0 && subscriptions.every((one) => this.#active.has(one))
    this.#active.clear()
    return wasActive
  }

  append(bytes: Buffer): boolean {
    return this.#stream.append(bytes)
  }

  releaseItems(): void {
    for (const [subscription, prevId] of this.#prevIds) subscription.prevId = prevId
    this.#deliverWaiting()
  }

  /** What waited is delivered after the answer, but for what the answer has made old. */
  adopt(instruct: Instruct): void {
    if (instruct.nextLink === undefined) this.#follower = undefined
    this.#stream.adopt(instruct, () => this.#adopted())
  }

  #adopted(): void {
    this.#deliverWaiting()
    const { subscriptions } = this.#stream
    const channels = subscriptions.map(({ channel, prevId }) => ({ name: channel.name, prevId, filters: [] }))
    if (this.#environment.hub.isBehind(channels, this.#newestIds)) this.#stream.missed()
  }

  finish(fault?: string): void {
    this.#stream.finish(fault)
  }

  #deliverWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const { batch, subscription } of waiting) {
      if (!isSubscribed(subscription)) continue
      if (subscription.prevId === undefined) deliverTo(batch, subscription)
      else deliverTracked(batch, subscription)
    }
  }
}
