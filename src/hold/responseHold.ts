import type { ClientResponse } from '../edges/client.ts'
import { HoldfastError } from '../errors.ts'
import { applyBodyPatch } from '../grip/bodyPatch.ts'
import type { Instruct } from '../grip/instruct.ts'
import type { HttpResponseFormat, PublishItem } from '../grip/publishItem.ts'
import { clientHeaders } from '../grip/responseHeaders.ts'
import type { Batch } from '../hub/batch.ts'
import type { FilterNetwork } from '../hub/filters/filterNetwork.ts'
import { deliverTo, type Hold, isSubscribed, type Subscription } from '../hub/hold.ts'
import type { ChannelRequest, NewestIds } from '../hub/hub.ts'
import type { Connection, Holder } from '../stats/connections.ts'
import { countAnswer } from '../stats/headBytes.ts'
import { filterHeaders, isBodiless, type RawHeaders, type ResponseHead } from '../util/headers.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { Drainable, HoldEnvironment } from './holdEnvironment.ts'
import { HoldFilters } from './holdFilters.ts'
import { type LastId, lastIdsOf, toLastIds } from './lastId.ts'
import type { Updatable } from './updates.ts'

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/** What a response hold needs of the request that it answers. */
export interface RetryableRequest {
  readonly connection: Connection
  /** The other end of the client's connection. */
  readonly peerAddress: string
  readonly response: ClientResponse
  /** Put before the names of the origin's channels. */
  readonly prefix: string
  /** Names what shares a bound on questions to an origin. */
  readonly lane: string
  /** What was newest when the origin was asked again: of that, what it says of prev-ids is final. */
  readonly newestIds: NewestIds | undefined
  /** Whether the client is told of faults. */
  readonly debug: boolean
  /** Lends the network to filters that ask somebody. */
  filterNetwork(signal: AbortSignal): FilterNetwork
  /** Answers with an error of the proxy's own, which says what failed. */
  fail(text: string): void
  /** Tells the origin that the client is gone. GRIP: rel=gone. */
  tellGone(url: string): void
  /** Asks the origin once more. GRIP: retry, Grip-Last. */
  retry(lastIds: readonly LastId[], onSettled: () => void): void
}

/**
 * A request that is answered by the first item published, or with its own response when the time is up. GRIP:
 * Grip-Hold: response (long polling).
 *
 *     waiting --item, close item, timeout, shutdown--> answered
 *     waiting --client left--> gone
 *     waiting --items missed, hint, recover--> waiting for its turn --> retried: the origin is asked again
 */
export class ResponseHold implements Hold, Holder, Drainable, WheelOwner, Updatable {
  readonly kind = 'response'
  readonly #environment: HoldEnvironment
  readonly #request: RetryableRequest
  readonly #timeoutResponse: Instruct['response']
  readonly #timer: WheelNode
  #subscriptions: readonly Subscription[] = NO_SUBSCRIPTIONS
  #lastIds: readonly LastId[] | undefined
  readonly meta: Instruct['meta']
  readonly #goneUrl: string | undefined
  #filters: HoldFilters | undefined
  #isWaiting = true

  constructor(environment: HoldEnvironment, request: RetryableRequest, instruct: Instruct) {
    this.#environment = environment
    this.#request = request
    this.#timeoutResponse = instruct.response
    this.meta = instruct.meta
    this.#goneUrl = instruct.goneLink?.url
    this.#timer = new WheelNode(this)
    environment.wheel.schedule(this.#timer, environment.clock.now() + instruct.timeoutSeconds * 1000)
    environment.holds.add(this)
    environment.counters.responseHolds++
    request.connection.holder = this
    request.response.onClose = () => this.#finish()
  }

  get connection(): Connection {
    return this.#request.connection
  }

  get channelNames(): readonly string[] {
    return this.#subscriptions.map(({ channel }) => channel.name)
  }

  get peerAddress(): string {
    return this.#request.peerAddress
  }

  /** A long poll is sent nothing before its answer. */
  get bytesQueued(): number {
    return 0
  }

  /** Begins to wait for what is published on the channels; asks the origin again when something was missed. */
  subscribe(channels: readonly ChannelRequest[]): void {
    if (!this.#isWaiting) return
    if (this.#environment.isDraining) {
      this.shutdown()
      return
    }
    const { hub } = this.#environment
    const { newestIds, prefix } = this.#request
    if (hub.isBehind(channels, newestIds)) {
      this.#lastIds = toLastIds(channels, prefix)
      this.#requestUpdate(newestIds === undefined)
      return
    }
    const { subscriptions, missed } = hub.subscribe(this, channels)
    this.#subscriptions = subscriptions
    this.#filter(channels)
    for (const { batch, subscription } of missed) {
      if (isSubscribed(subscription)) deliverTo(batch, subscription)
    }
  }

  deliver(batch: Batch, _subscription: Subscription): void {
    for (const item of batch.items) {
      if (this.#take(item)) return
    }
  }

  update(): void {
    this.#requestUpdate(false)
  }

  missed(): void {
    this.#requestUpdate(false)
  }

  runUpdate(onSettled: () => void): void {
    const lastIds = this.#lastIds ?? lastIdsOf(this.#subscriptions, this.#request.prefix)
    if (this.#release()) this.#request.retry(lastIds, onSettled)
    else onSettled()
  }

  shutdown(): void {
    if (!this.#isWaiting) return
    this.#environment.counters.closed.shutdown++
    this.#endNow()
  }

  kick(): void {
    if (!this.#isWaiting) return
    this.#environment.counters.closed.kicked++
    this.#endNow()
  }

  onDue(): void {
    this.#answer(this.#timeoutResponse, this.#timeoutResponse.body)
  }

  /** Returns true when the item answered the request. */
  #take(item: PublishItem): boolean {
    if (item.action === 'close') {
      this.#endNow()
      return true
    }
    const format = item.httpResponse
    if (item.action === 'hint' || format?.action === 'hint') this.#requestUpdate(true)
    if (format?.action !== 'send') return false
    const body = this.#bodyOf(format, item)
    if (body === undefined) return false
    this.connection.traffic.sent++
    this.connection.traffic.responsesSent++
    this.#answer(
      {
        status: format.code,
        reason: format.reason,
        headers: overrideHeaders(this.#timeoutResponse.headers, format),
      },
      body,
    )
    return true
  }

  /** Undefined when the item's patch does not fit this hold's body: the hold goes on, and asks its origin. */
  #bodyOf(format: Extract<HttpResponseFormat, { action: 'send' }>, item: PublishItem): Buffer | undefined {
    if ('bytes' in format.body) return format.body.bytes
    try {
      return applyBodyPatch(this.#timeoutResponse.body, format.body.patch)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#environment.log.warn(`item of channel ${item.channel}: body-patch: ${error.message}`)
      this.#environment.counters.dropped['patch-failed']++
      this.#requestUpdate(false)
      return undefined
    }
  }

  #filter(channels: readonly ChannelRequest[]): void {
    const { log, counters } = this.#environment
    const request = this.#request
    this.#filters = HoldFilters.attach(
      { subscriptions: this.#subscriptions, channels },
      {
        meta: this.meta,
        prefix: request.prefix,
        network: (signal) => request.filterNetwork(signal),
        log,
        counters,
        subscriptions: () => this.#subscriptions,
        onFault: (text) => {
          if (request.debug && this.#finish()) request.fail(text)
        },
      },
    )
  }

  #requestUpdate(isUrgent: boolean): void {
    if (this.#isWaiting) this.#environment.updates.request(this.#request.lane, this, { isUrgent })
  }

  /** Gives the timeout response early, and the connection no further request: the client is to come back elsewhere. */
  #endNow(): void {
    this.#request.response.closeAfter()
    this.onDue()
  }

  #answer(head: ResponseHead, body: Buffer): void {
    if (!this.#finish()) return
    const { response } = this.#request
    // RFC 9110 §8.6: a 204 must not have Content-Length, a 304 would have that of another answer.
    const headers = isBodiless(head.status)
      ? head.headers
      : [...head.headers, 'Content-Length', String(body.length)]
    const sent = { status: head.status, reason: head.reason, headers }
    countAnswer(this.connection.traffic, sent, body.length)
    response.head(sent)
    response.end(body)
  }

  /** Ends the hold for good; a retry does not. */
  #finish(): boolean {
    const isFirst = this.#release()
    if (isFirst) this.#environment.connections.close(this.connection)
    if (isFirst && this.#goneUrl !== undefined) this.#request.tellGone(this.#goneUrl)
    return isFirst
  }

  #release(): boolean {
    if (!this.#isWaiting) return false
    this.#isWaiting = false
    const environment = this.#environment
    this.#request.response.onClose = undefined
    environment.hub.unsubscribe(this.#subscriptions)
    this.#filters?.stop()
    environment.wheel.cancel(this.#timer)
    environment.updates.cancel(this.#request.lane, this)
    environment.holds.delete(this)
    this.connection.holder = undefined
    environment.counters.responseHolds--
    return true
  }
}

/** The hold's own headers, each replaced as a whole by those of the item with that name. GRIP: http-response headers. */
function overrideHeaders(own: RawHeaders, item: Extract<HttpResponseFormat, { action: 'send' }>): RawHeaders {
  if (item.headers.length === 0) return own
  const replaced = new Set<string>()
  for (let i = 0; i < item.headers.length; i += 2) replaced.add((item.headers[i] as string).toLowerCase())
  // An item may carry Grip-Expose-Headers, which speaks of the merged fields.
  return clientHeaders([...filterHeaders(own, (lowerName) => !replaced.has(lowerName)), ...item.headers])
}
