import type { Log } from '../edges/log.ts'
import type { HttpResponseFormat, PublishItem } from '../grip/publishItem.ts'
import { Batch } from '../hub/batch.ts'
import type { FilterContext, FilterResult, Meta } from '../hub/filters/filter.ts'
import {
  compileFilters,
  contentFilterMismatch,
  type FilterChain,
  type LocalChain,
} from '../hub/filters/filterChain.ts'
import type { FilterNetwork } from '../hub/filters/filterNetwork.ts'
import { type Hold, isSubscribed, type Subscription } from '../hub/hold.ts'
import type { ChannelRequest } from '../hub/hub.ts'
import type { Counters } from '../stats/counters.ts'

/** Items of one hold that may wait for filters that ask somebody. Pushpin: 100. */
const MAX_WAITING = 100

const NO_CONTENT = Buffer.alloc(0)

/** The item asks for other filters of content than the subscription has. */
interface Mismatch {
  readonly kind: 'mismatch'
  readonly message: string
}

/** What the filters of a hold know of it, and who hears of their faults. */
export interface HoldFiltersOptions {
  /** GRIP: Grip-Set-Meta. */
  readonly meta: Meta | undefined
  /** Put before the names of the origin's channels; filters know these without it. */
  readonly prefix: string
  /** Lends the network to filters that ask somebody; the signal is aborted when the hold ends. */
  readonly network: (signal: AbortSignal) => FilterNetwork
  readonly log: Log
  readonly counters: Counters
  /** All subscriptions of the hold. */
  readonly subscriptions: () => readonly Subscription[]
  /** A filter failed; the item is skipped. */
  readonly onFault: (text: string) => void
}

/** The subscriptions of a hold, and what was asked for them. */
export interface FilteredChannels {
  readonly subscriptions: readonly Subscription[]
  readonly channels: readonly ChannelRequest[]
}

/** An item that waits until those before it have been decided on. */
interface WaitingItem {
  readonly item: PublishItem
  /** Its number in the hub's count of items. */
  readonly sequence: number
  readonly subscription: Subscription
  readonly chain: FilterChain
}

/**
 * Decides for one hold which items reach it, and with what content. Items that have to wait for an answer hold up the later ones of this
 * hold, and of no other. GRIP: filter.
 */
export class HoldFilters {
  #options: HoldFiltersOptions
  #waiting: WaitingItem[] = []
  readonly #ended = new AbortController()
  #isRunning = false

  private constructor(options: HoldFiltersOptions) {
    this.#options = options
  }

  /** Puts filters before those subscriptions whose channels have any; undefined when none has. */
  static attach(
    { subscriptions, channels }: FilteredChannels,
    options: HoldFiltersOptions,
    previous?: HoldFilters,
  ): HoldFilters | undefined {
    const chains = new Map(channels.map(({ name, filters }) => [name, compileFilters(filters)]))
    if ([...chains.values()].every((chain) => chain.isEmpty)) return previous
    // Items that wait for the filters of earlier instructions go on to wait, before those that come now.
    const filters = previous ?? new HoldFilters(options)
    filters.#options = options
    const asksSomebody = [...chains.values()].some((chain) => !chain.isSync)
    for (const subscription of subscriptions) {
      const chain = chains.get(subscription.channel.name)
      if (chain === undefined || (chain.isEmpty && !asksSomebody)) continue
      subscription.filterNames = channels.find(({ name }) => name === subscription.channel.name)?.filters
      subscription.deliverFiltered =
        asksSomebody || !chain.isSync
          ? (batch) => filters.#enqueue(batch, subscription, chain)
          : (batch) => filters.#deliverNow(batch, subscription, chain)
    }
    return filters
  }

  /** The hold is at its end: no filter goes on. */
  stop(): void {
    this.#ended.abort()
    this.#waiting = []
  }

  #deliverNow(batch: Batch, subscription: Subscription, chain: LocalChain): void {
    let passed: PublishItem[] = []
    for (const item of batch.items) {
      const result = mismatchOf(item, subscription, chain) ?? chain.run(this.#contextOf(item, subscription))
      if (result.kind === 'send') {
        passed.push(withContent(item, subscription.hold, result.content))
        continue
      }
      // What is before it comes first: an item that fails may end the hold.
      deliverAll(passed, batch, subscription)
      passed = []
      if (!this.#skip(item, subscription, result)) return
    }
    deliverAll(passed, batch, subscription)
  }

  #enqueue(batch: Batch, subscription: Subscription, chain: FilterChain): void {
    for (const [i, item] of batch.items.entries()) {
      if (this.#waiting.length >= MAX_WAITING) {
        this.#options.counters.dropped['filter-queue']++
        this.#options.log.warn(`item of channel ${item.channel} dropped: ${MAX_WAITING} wait for its filters`)
        if (!this.#lose(item, subscription)) return
        continue
      }
      this.#waiting.push({ item, sequence: batch.firstSequence + i, subscription, chain })
    }
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    const network = this.#options.network(this.#ended.signal)
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      const { item, sequence, subscription, chain } = next
      const context = this.#contextOf(item, subscription)
      const result =
        mismatchOf(item, subscription, chain) ??
        (chain.isSync ? chain.run(context) : await chain.runAsync(context, network))
      if (result.kind === 'cancelled' || !isSubscribed(subscription)) continue
      if (result.kind === 'send') {
        const passed = withContent(item, subscription.hold, result.content)
        deliverAll([passed], { firstSequence: sequence, nowMs: network.clock.now() }, subscription)
      } else if (!this.#skip(item, subscription, result)) {
        this.#waiting = this.#waiting.filter((waiting) => waiting.subscription !== subscription)
      }
    }
    this.#isRunning = false
  }

  /** Counts an item that does not pass; false when those behind it cannot follow: the hold lacks it now, or has ended. */
  #skip(
    item: PublishItem,
    subscription: Subscription,
    result: Exclude<FilterResult, { kind: 'send' }> | Mismatch,
  ): boolean {
    const { counters, log, onFault } = this.#options
    if (result.kind === 'drop') {
      counters.dropped.filtered++
      return true
    }
    counters.dropped['filter-error']++
    const text = result.kind === 'mismatch' ? result.message : `filter error: ${result.message}`
    log.warn(`item of channel ${item.channel} skipped: ${text}`)
    onFault(text)
    return this.#lose(item, subscription)
  }

  /** A hold that follows the chain has missed the item: its origin is to replace it. */
  #lose(item: PublishItem, subscription: Subscription): boolean {
    if (!isSubscribed(subscription)) return false
    if (item.prevId === undefined || subscription.prevId === undefined) return true
    subscription.prevId = item.prevId
    subscription.hold.missed(subscription)
    return isSubscribed(subscription) && subscription.prevId === undefined
  }

  #contextOf(item: PublishItem, subscription: Subscription): FilterContext {
    const { prefix, meta, subscriptions } = this.#options
    const shortName = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name)
    return {
      channel: shortName(subscription.channel.name),
      itemId: item.id,
      itemMeta: item.meta,
      subscriptionMeta: meta,
      prevIds: new Map(subscriptions().map(({ channel, prevId }) => [shortName(channel.name), prevId])),
      content: contentOf(item, subscription.hold),
    }
  }
}

function mismatchOf(item: PublishItem, { hold }: Subscription, chain: FilterChain): Mismatch | undefined {
  const message = contentFilterMismatch(chain, formatOf(item, hold)?.contentFilters)
  return message === undefined ? undefined : { kind: 'mismatch', message }
}

type SendFormat = { readonly contentFilters: readonly string[] | undefined }

function formatOf(item: PublishItem, hold: Hold): SendFormat | undefined {
  const format = formatFor(item, hold)
  return format?.action === 'send' ? format : undefined
}

function formatFor(item: PublishItem, { kind }: Hold) {
  switch (kind) {
    case 'stream':
      return item.httpStream
    case 'socket':
      return item.webSocketMessage
    case 'response':
      return item.httpResponse
  }
}

function contentOf(item: PublishItem, hold: Hold): Buffer {
  const format = formatFor(item, hold)
  if (format?.action !== 'send') return NO_CONTENT
  if ('content' in format) return format.content
  return bytesOf(format) ?? NO_CONTENT
}

function bytesOf(format: HttpResponseFormat | undefined): Buffer | undefined {
  return format?.action === 'send' && 'bytes' in format.body ? format.body.bytes : undefined
}

/** The item as this hold gets it. A JSON Patch has no content that filters could change. */
function withContent(item: PublishItem, hold: Hold, content: Buffer): PublishItem {
  if (content === contentOf(item, hold)) return item
  const { httpStream, httpResponse, webSocketMessage } = item
  if (hold.kind === 'socket' && webSocketMessage?.action === 'send') {
    return { ...item, webSocketMessage: { ...webSocketMessage, content } }
  }
  if (hold.kind === 'stream' && httpStream?.action === 'send') {
    return { ...item, httpStream: { ...httpStream, content } }
  }
  if (httpResponse?.action === 'send' && 'bytes' in httpResponse.body) {
    return { ...item, httpResponse: { ...httpResponse, body: { bytes: content } } }
  }
  return item
}

function deliverAll(
  items: readonly PublishItem[],
  like: { readonly firstSequence: number; readonly nowMs: number },
  subscription: Subscription,
): void {
  if (items.length === 0 || !isSubscribed(subscription)) return
  const batch = new Batch(items, like.firstSequence)
  batch.nowMs = like.nowMs
  subscription.hold.deliver(batch, subscription)
}
