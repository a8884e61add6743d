import type { ClientResponse } from '../edges.ts'
import type { Instruct } from '../grip/instruct.ts'
import type { HttpResponseFormat, PublishItem } from '../grip/publishItem.ts'
import { clientHeaders } from '../grip/responseHeaders.ts'
import type { Batch } from '../hub/batch.ts'
import type { Hold, Subscription } from '../hub/hold.ts'
import { filterHeaders, type RawHeaders, type ResponseHead } from '../util/headers.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { Drainable, HoldEnvironment } from './holdEnvironment.ts'

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/**
 * A request that is answered by the first item published, or with its own response when the time is up. GRIP:
 * Grip-Hold: response (long polling).
 *
 *     waiting --item, close item, timeout, shutdown--> answered
 *     waiting --client left--> gone
 */
export class ResponseHold implements Hold, Drainable, WheelOwner {
  readonly kind = 'response'
  readonly #environment: HoldEnvironment
  readonly #response: ClientResponse
  readonly #timeoutResponse: Instruct['response']
  readonly #timer: WheelNode
  #subscriptions: readonly Subscription[] = NO_SUBSCRIPTIONS
  #isWaiting = true

  constructor(environment: HoldEnvironment, response: ClientResponse, instruct: Instruct) {
    this.#environment = environment
    this.#response = response
    this.#timeoutResponse = instruct.response
    this.#timer = new WheelNode(this)
    environment.wheel.schedule(this.#timer, environment.clock.now() + instruct.timeoutSeconds * 1000)
    environment.holds.add(this)
    environment.counters.responseHolds++
    response.onClose = () => this.#release()
  }

  /** Begins to wait for what is published on the channels. */
  subscribe(channels: readonly string[]): void {
    if (!this.#isWaiting) return
    if (this.#environment.isDraining) this.shutdown()
    else this.#subscriptions = this.#environment.hub.subscribe(this, channels)
  }

  deliver(batch: Batch, _subscription: Subscription): void {
    for (const item of batch.items) {
      if (this.#take(item)) return
    }
  }

  shutdown(): void {
    if (!this.#isWaiting) return
    this.#environment.counters.closed.shutdown++
    this.#endNow()
  }

  /** Returns true when the item answered the request. */
  #take(item: PublishItem): boolean {
    if (item.action === 'close') {
      this.#endNow()
      return true
    }
    const format = item.httpResponse
    if (format?.action !== 'send' || !('bytes' in format.body)) return false
    this.#answer(
      {
        status: format.code,
        reason: format.reason,
        headers: overrideHeaders(this.#timeoutResponse.headers, format),
      },
      format.body.bytes,
    )
    return true
  }

  onDue(): void {
    this.#answer(this.#timeoutResponse, this.#timeoutResponse.body)
  }

  /** Gives the timeout response early, and the connection no further request: the client is to come back elsewhere. */
  #endNow(): void {
    this.#response.closeAfter()
    this.onDue()
  }

  #answer(head: ResponseHead, body: Buffer): void {
    if (!this.#release()) return
    // RFC 9110 §8.6: a 204 must not have Content-Length, a 304 would have that of another answer.
    const isBodiless = head.status === 204 || head.status === 304
    const headers = isBodiless ? head.headers : [...head.headers, 'Content-Length', String(body.length)]
    this.#response.head({ status: head.status, reason: head.reason, headers })
    this.#response.end(body)
  }

  #release(): boolean {
    if (!this.#isWaiting) return false
    this.#isWaiting = false
    this.#response.onClose = undefined
    this.#environment.hub.unsubscribe(this.#subscriptions)
    this.#environment.wheel.cancel(this.#timer)
    this.#environment.holds.delete(this)
    this.#environment.counters.responseHolds--
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
