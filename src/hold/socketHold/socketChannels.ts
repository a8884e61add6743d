import { shownText } from '../../grip/headerText.ts'
import type { Meta } from '../../hub/filters/filter.ts'
import { deliverTo, type Hold, isSubscribed, type Subscription } from '../../hub/hold.ts'
import type { ChannelRequest } from '../../hub/hub.ts'
import { channelFault, type HoldEnvironment } from '../holdEnvironment.ts'
import { HoldFilters } from '../holdFilters.ts'
import type { SocketContext } from './socketContext.ts'

/** Filters that one channel may have. GRIP: filter. */
const MAX_FILTERS = 5

/** Names of meta that one socket may have; an origin that needs more has mistaken it for a store. */
const MAX_METAS = 100

/** Characters of a name in the log. */
const MAX_SHOWN = 200

const NO_FILTERS: readonly string[] = []

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/** A channel as an origin asks for it, without the route's prefix. */
export interface WantedChannel {
  readonly channel: string
  readonly filters: readonly string[]
  readonly prevId: string | undefined
}

/** What the channels of a socket belong to. */
export interface ChannelOwner extends Hold {
  /** Ends the socket because of a fault; the client is told what it is where `debug` is on. */
  fail(text: string): void
}

/** The channels of one held WebSocket, with the filters of each and the meta that these read. */
export class SocketChannels {
  readonly #environment: HoldEnvironment
  readonly #hold: ChannelOwner
  readonly #context: SocketContext
  /** Made anew with each change, by `concat`: a list that is pushed to keeps room for 17. */
  #subscriptions: readonly Subscription[] = NO_SUBSCRIPTIONS
  /** Channels that are being opened; undefined while there are none. */
  #opening: Map<string, ChannelRequest> | undefined
  /** Names of filters, by channel; undefined while no channel has any. */
  #filterNames: Map<string, readonly string[]> | undefined
  #filters: HoldFilters | undefined
  #meta: Meta | undefined

  constructor(environment: HoldEnvironment, hold: ChannelOwner, context: SocketContext) {
    this.#environment = environment
    this.#hold = hold
    this.#context = context
    for (const name of context.implicitChannels) this.#open({ name, prevId: undefined, filters: NO_FILTERS })
  }

  get subscriptions(): readonly Subscription[] {
    return this.#subscriptions
  }

  get meta(): Meta | undefined {
    return this.#meta
  }

  /** Subscribes; a channel that the socket has gets the new filters, and with a prev-id what came after that. */
  subscribe({ channel, filters, prevId }: WantedChannel): void {
    if (filters.length > MAX_FILTERS) {
      this.#hold.fail(`too many filters for channel '${shownText(channel)}'`)
      return
    }
    const name = this.#context.prefix + channel
    const known = this.#find(name)
    if (known === undefined && !this.#opening?.has(name) && this.#isFull(name)) return
    this.#setFilters(name, filters)
    if (known === undefined || prevId !== undefined) this.#open({ name, prevId, filters })
    else this.#filter()
  }

  /** Ends a subscription; the route's own channels stay. */
  unsubscribe(channel: string): void {
    const name = this.#context.prefix + channel
    this.#opening?.delete(name)
    const known = this.#find(name)
    if (known === undefined || this.#context.implicitChannels.includes(name)) return
    this.#subscriptions = this.#subscriptions.filter((subscription) => subscription !== known)
    this.#environment.hub.unsubscribe([known])
    if (this.#filterNames?.delete(name)) this.#filter()
  }

  /** Sets what filters know of the socket; an undefined value takes the name out. */
  setMeta(name: string, value: string | undefined): void {
    const { [name]: _old, ...others } = this.#meta ?? {}
    if (value === undefined) this.#meta = others
    else if (Object.keys(others).length < MAX_METAS) this.#meta = { ...others, [name]: value }
    else this.#environment.log.warn(`set-meta ignored: a WebSocket has ${MAX_METAS} names already`)
  }

  /** Leaves the hub. */
  end(): void {
    this.#environment.hub.unsubscribe(this.#subscriptions)
    this.#subscriptions = NO_SUBSCRIPTIONS
    this.#opening = undefined
    this.#filters?.stop()
  }

  #find(name: string): Subscription | undefined {
    return this.#subscriptions.find(({ channel }) => channel.name === name)
  }

  /** Pushpin lets a channel that is known get no new filters at the limit, either. */
  #isFull(name: string): boolean {
    const { subscriptionMax } = this.#context
    const isFull = this.#subscriptions.length + (this.#opening?.size ?? 0) >= subscriptionMax
    const fault = isFull
      ? `connection_subscription_max is ${subscriptionMax}`
      : channelFault(this.#environment, name)
    if (fault === undefined) return false
    this.#environment.log.warn(`subscribe to ${shownText(name).slice(0, MAX_SHOWN)} ignored: ${fault}`)
    return true
  }

  #setFilters(name: string, filters: readonly string[]): void {
    if (filters.length > 0) {
      this.#filterNames ??= new Map()
      this.#filterNames.set(name, filters)
    } else this.#filterNames?.delete(name)
  }

  /** Joins the channel when its items are brought here, unless the socket has left it again by then. */
  #open(request: ChannelRequest): void {
    const { name } = request
    this.#opening ??= new Map()
    this.#opening.set(name, request)
    this.#environment.feed.open([name], () => {
      if (this.#opening?.get(name) !== request) return
      this.#opening.delete(name)
      if (this.#opening.size === 0) this.#opening = undefined
      this.#join(request, this.#find(name))
    })
  }

  #join(request: ChannelRequest, replaced: Subscription | undefined): void {
    const { hub } = this.#environment
    const isBehind = hub.isBehind([request])
    const { subscriptions, missed } = hub.subscribe(this.#hold, [request])
    // After the new one: a channel that nobody holds in between would forget where its chain is.
    if (replaced !== undefined) hub.unsubscribe([replaced])
    const others = this.#subscriptions.filter((subscription) => subscription !== replaced)
    this.#subscriptions = others.concat(subscriptions)
    this.#filter()
    this.#context.onSubscribed(request.name)
    for (const { batch, subscription } of missed) {
      if (isSubscribed(subscription)) deliverTo(batch, subscription)
    }
    // What the history has not, only the origin can send.
    if (isBehind) for (const subscription of subscriptions) this.#hold.missed(subscription)
  }

  /** Puts the filters before the channels anew: one that asks somebody holds up the items of all channels. */
  #filter(): void {
    const names = this.#filterNames
    if (names === undefined) return
    for (const subscription of this.#subscriptions) {
      subscription.deliverFiltered = undefined
      subscription.filterNames = undefined
    }
    const channels = this.#subscriptions.map(({ channel, prevId }) => ({
      name: channel.name,
      prevId,
      filters: names.get(channel.name) ?? NO_FILTERS,
    }))
    const filtered = { subscriptions: this.#subscriptions, channels }
    this.#filters = HoldFilters.attach(filtered, this.#filterOptions(), this.#filters)
  }

  #filterOptions() {
    const { log, counters } = this.#environment
    const context = this.#context
    const meta = (): Meta | undefined => this.#meta
    return {
      get meta() {
        return meta()
      },
      prefix: context.prefix,
      network: (signal: AbortSignal) => context.filterNetwork(signal),
      log,
      counters,
      subscriptions: () => this.#subscriptions,
      onFault: (text: string) => {
        if (context.debug) this.#hold.fail(text)
      },
    }
  }
}
