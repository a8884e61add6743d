import type { ClientStream, ClientStreamOwner } from '../edges/client.ts'
import type { Instruct } from '../grip/instruct.ts'
import type { Batch } from '../hub/batch.ts'
import type { FilterNetwork } from '../hub/filters/filterNetwork.ts'
import { deliverTo, type Hold, isSubscribed, type Subscription } from '../hub/hold.ts'
import type { ChannelRequest } from '../hub/hub.ts'
import type { Connection, Holder } from '../stats/connections.ts'
import type { CloseReason } from '../stats/counters.ts'
import type { Drainable, HoldEnvironment } from './holdEnvironment.ts'
import { HoldFilters } from './holdFilters.ts'
import type { LinkSource } from './linkSource.ts'
import { noteSlowClient } from './noteSlowClient.ts'
import { StreamKeepAlive } from './streamKeepAlive.ts'
import { type LinkingStream, StreamLinks } from './streamLinks.ts'
import { writeFramed } from './writeFramed.ts'

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/** Bytes that may wait for the client before an origin that fills the body is paused. */
const HIGH_WATER_BYTES = 64 * 1024

/** What a stream needs of the request that it answers, beside its connection. */
export interface StreamOrigin {
  /** Fetches the stream's links. */
  readonly links: LinkSource
  /** Lends the network to filters that ask somebody. */
  readonly filterNetwork: (signal: AbortSignal) => FilterNetwork
  /** Whether the client is told of faults at the end of the body. */
  readonly debug: boolean
  /** Says why the stream must not be held as later instructions say; undefined when it may. */
  readonly faultOf: (instruct: Instruct) => string | undefined
  /** The channels of instructions, by the names that publishers use. */
  channelsOf(instruct: Instruct): readonly ChannelRequest[]
}

/** The client that a stream hold is for. */
export interface HeldClient {
  readonly stream: ClientStream
  readonly connection: Connection
}

/**
 * A held response body: published content is appended to it until somebody ends it. GRIP: Grip-Hold: stream.
 *
 *     open --close item, shutdown, last link--> ended
 *     open --client left, too slow--> gone
 */
export class StreamHold implements Hold, Holder, Drainable, ClientStreamOwner, LinkingStream {
  readonly kind = 'stream'
  readonly connection: Connection
  readonly #environment: HoldEnvironment
  readonly #stream: ClientStream
  /** Undefined for a stream without links and filters: nothing of its request is kept then. */
  #origin: StreamOrigin | undefined
  #links: StreamLinks | undefined
  #subscriptions: readonly Subscription[] = NO_SUBSCRIPTIONS
  #filters: HoldFilters | undefined
  #keepAlive: StreamKeepAlive | undefined
  #meta: Instruct['meta']
  #isOpen = true

  constructor(environment: HoldEnvironment, client: HeldClient) {
    const { stream, connection } = client
    this.#environment = environment
    this.#stream = stream
    this.connection = connection
    connection.holder = this
    stream.owner = this
    environment.holds.add(this)
    environment.counters.streamHolds++
  }

  get subscriptions(): readonly Subscription[] {
    return this.#subscriptions
  }

  get channelNames(): readonly string[] {
    return this.#subscriptions.map(({ channel }) => channel.name)
  }

  get meta(): Instruct['meta'] {
    return this.#meta
  }

  get peerAddress(): string {
    return this.#stream.peerAddress
  }

  get bytesQueued(): number {
    return this.#stream.bytesQueued
  }

  /** Begins to hold, or to follow links, as the first instructions say. */
  begin(instruct: Instruct, origin: StreamOrigin): void {
    if (!this.#isOpen) return
    const hasLinks = instruct.nextLink !== undefined || instruct.goneLink !== undefined
    if (hasLinks || instruct.channels.some(({ filters }) => filters.length > 0)) this.#origin = origin
    if (hasLinks) {
      this.#links = new StreamLinks(this.#environment, this, origin.links)
      this.#links.begin(instruct)
    }
    if (this.#environment.isDraining) this.shutdown()
    else if (instruct.holdMode === 'stream') this.#openAndHold(instruct, origin.channelsOf(instruct))
  }

  adopt(instruct: Instruct, onAdopted: () => void): void {
    const origin = this.#origin
    if (origin === undefined) return
    const fault = origin.faultOf(instruct)
    if (fault === undefined) {
      this.#openAndHold(instruct, origin.channelsOf(instruct), onAdopted)
      return
    }
    this.#environment.log.warn(`closed ${this.#stream.peerAddress}: ${fault}`)
    this.finish(fault)
  }

  deliver(batch: Batch, subscription: Subscription): void {
    const stream = this.#stream
    if (this.#links?.holdsBack(batch, subscription)) return
    const plan = batch.streamPlan(stream.framing)
    if (plan.wire.length > 0) {
      const { bytesQueued } = stream
      // A client that has taken everything is not slow, however much a burst has put together.
      if (bytesQueued > 0 && bytesQueued + plan.wire.length > this.#environment.clientSendBufferBytes) {
        this.overflow(plan.wire.length)
        return
      }
      const { traffic } = this.connection
      stream.write(plan.wire)
      traffic.sent += plan.itemCount
      traffic.clientContentBytesSent += plan.contentBytes
      this.#noteQueue()
      if (this.#keepAlive !== undefined) this.#keepAlive.lastWriteMs = batch.nowMs
    }
    if (plan.ends) this.end()
    else if (plan.hints) this.#links?.follow({ isUrgent: true })
  }

  update(): void {
    this.#links?.follow({ isUrgent: false })
  }

  /** Without a link nobody can tell the client what it missed but the origin, to which an ended stream brings it back. */
  missed(): void {
    if (this.#links?.canFollow) this.#links.follow({ isUrgent: false })
    else this.#closeWith('missed-items')
  }

  append(bytes: Buffer): boolean {
    if (!this.#isOpen) return true
    writeFramed(this.#stream, bytes)
    this.connection.traffic.clientContentBytesSent += bytes.length
    this.#noteQueue()
    return this.#stream.bytesQueued < HIGH_WATER_BYTES
  }

  finish(fault?: string): void {
    if (fault !== undefined && this.#origin?.debug) this.append(Buffer.from(`\n\n${fault}\n`))
    this.end()
  }

  /** Ends the stream cleanly. */
  end(): void {
    if (this.#release()) this.#stream.end()
  }

  shutdown(): void {
    if (!this.#isOpen) return
    this.#environment.counters.closed.shutdown++
    this.end()
  }

  kick(): void {
    if (!this.#isOpen) return
    this.#environment.counters.closed.kicked++
    this.end()
  }

  onStreamClose(): void {
    this.#release()
  }

  onStreamDrain(): void {
    this.#environment.connections.behind.delete(this.connection)
    this.#links?.resume()
  }

  overflow(bytes: number): void {
    if (!this.#release()) return
    noteSlowClient(this.#environment, this.#stream, bytes)
    this.#stream.destroy()
  }

  #noteQueue(): void {
    if (this.#isOpen && this.#stream.bytesQueued > 0)
      this.#environment.connections.behind.add(this.connection)
  }

  #closeWith(reason: CloseReason): void {
    if (!this.#isOpen) return
    this.#environment.counters.closed[reason]++
    this.#environment.log.warn(`closed ${this.#stream.peerAddress}: ${reason}`, { reason })
    this.end()
  }

  #openAndHold(instruct: Instruct, channels: readonly ChannelRequest[], onHeld?: () => void): void {
    const names = channels.map(({ name }) => name)
    this.#environment.feed.open(names, () => {
      if (!this.#isOpen) return
      this.#hold(instruct, channels)
      onHeld?.()
    })
  }

  /** Holds the channels from now on, and no others. */
  #hold(instruct: Instruct, channels: readonly ChannelRequest[]): void {
    const { keepAlive } = instruct
    this.#meta = instruct.meta
    this.#keepAlive?.stop()
    const kept = { stream: this.#stream, traffic: this.connection.traffic }
    this.#keepAlive =
      keepAlive === undefined ? undefined : new StreamKeepAlive(this.#environment, kept, keepAlive)
    const goingOn = this.#keepOnly(channels)
    const names = new Set(goingOn.map(({ channel }) => channel.name))
    const added = channels.filter(({ name }) => !names.has(name))
    // Later instructions are the origin's answer to what the client has: what they say of prev-ids is final.
    const isFirst = this.#subscriptions === NO_SUBSCRIPTIONS
    const { hub } = this.#environment
    if (isFirst && hub.isBehind(channels)) this.#links?.follow({ isUrgent: false })
    const { subscriptions, missed } = hub.subscribe(this, added)
    this.#subscriptions = [...goingOn, ...subscriptions]
    this.#filter(channels, instruct)
    for (const { batch, subscription } of missed) {
      if (isSubscribed(subscription)) deliverTo(batch, subscription)
    }
  }

  #filter(channels: readonly ChannelRequest[], instruct: Instruct): void {
    const { log, counters } = this.#environment
    const origin = this.#origin
    this.#filters =
      origin &&
      HoldFilters.attach(
        { subscriptions: this.#subscriptions, channels },
        {
          meta: instruct.meta,
          prefix: origin.links.prefix,
          network: origin.filterNetwork,
          log,
          counters,
          subscriptions: () => this.#subscriptions,
          onFault: (text) => {
            if (origin.debug) this.finish(text)
          },
        },
        this.#filters,
      )
    if (this.#filters !== undefined && this.#links !== undefined)
      this.#links.holdBackFiltered(this.#subscriptions)
  }

  /** Ends the subscriptions that are not wanted any more; the others follow the chain from where they are told. */
  #keepOnly(channels: readonly ChannelRequest[]): readonly Subscription[] {
    if (this.#subscriptions.length === 0) return NO_SUBSCRIPTIONS
    const wanted = new Map(channels.map(({ name, prevId }) => [name, prevId]))
    const kept = this.#subscriptions.filter(({ channel }) => wanted.has(channel.name))
    this.#environment.hub.unsubscribe(this.#subscriptions.filter(({ channel }) => !wanted.has(channel.name)))
    for (const subscription of kept) {
      subscription.prevId = wanted.get(subscription.channel.name)
      subscription.deliverFiltered = undefined
      subscription.filterNames = undefined
    }
    return kept
  }

  /** Leaves the hub and the timers; false when that was done before. */
  #release(): boolean {
    if (!this.#isOpen) return false
    this.#isOpen = false
    this.#environment.hub.unsubscribe(this.#subscriptions)
    this.#subscriptions = NO_SUBSCRIPTIONS
    this.#keepAlive?.stop()
    this.#keepAlive = undefined
    this.#filters?.stop()
    this.#filters = undefined
    this.#links?.stop()
    this.#links = undefined
    this.#origin = undefined
    this.#environment.holds.delete(this)
    this.#environment.connections.close(this.connection)
    this.#environment.counters.streamHolds--
    return true
  }
}
