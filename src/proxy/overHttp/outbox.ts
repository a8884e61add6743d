import { HoldfastError } from '../../errors.ts'
import { encodeEvents, type WebSocketEvent } from '../../grip/webSocketEvents.ts'

/** What an event counts beside its content, so that empty ones cannot pile up without bound. */
const EVENT_BYTES = 16

/** The events of one request. */
export interface Offer {
  readonly body: Buffer
  /** Content bytes at its front that were offered before. GRIP: Content-Bytes-Replayed. */
  readonly replayedBytes: number
  /** Content bytes in all. */
  readonly contentBytes: number
  readonly eventCount: number
  /** Whether nothing waits behind them. */
  readonly isWhole: boolean
}

/**
 * The events of a client that its origin has not accepted, in order. At the front may stand some that were offered and held
 * back: they are offered again with the next request. GRIP: Content-Bytes-Accepted.
 */
export class Outbox {
  readonly #maxRequestBytes: number
  readonly #maxEvents: number
  #events: WebSocketEvent[] = []
  #bytes = 0
  #offeredEvents = 0
  #offeredBytes = 0

  constructor(options: { readonly maxRequestBytes: number; readonly oneEvent: boolean }) {
    this.#maxRequestBytes = options.maxRequestBytes
    this.#maxEvents = options.oneEvent ? 1 : Number.POSITIVE_INFINITY
  }

  /** What waits, in bytes of memory. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /** Whether there are events that the origin has not been offered. */
  get hasNew(): boolean {
    return this.#events.length > this.#offeredEvents
  }

  add(event: WebSocketEvent): void {
    this.#events.push(event)
    this.#bytes += event.content.length + EVENT_BYTES
  }

  /** Forgets what waits. */
  clear(): void {
    this.#events = []
    this.#bytes = 0
    this.#offeredEvents = 0
    this.#offeredBytes = 0
  }

  /** Takes the events of the next request; they stay until they are accepted. */
  offer(): Offer {
    const replayedBytes = this.#offeredBytes
    let count = 0
    let contentBytes = 0
    for (const { content } of this.#events) {
      if (count === this.#maxEvents || contentBytes >= this.#maxRequestBytes) break
      count++
      contentBytes += content.length
    }
    this.#offeredEvents = count
    this.#offeredBytes = contentBytes
    return {
      body: encodeEvents(this.#events.slice(0, count)),
      replayedBytes,
      contentBytes,
      eventCount: count,
      isWhole: count === this.#events.length,
    }
  }

  /**
   * Takes out what the origin has accepted of an offer: that many of its content bytes, or all. The rest waits to be offered
   * again. Throws ORIGIN_BROKEN where the origin cannot mean what it says. GRIP: Content-Bytes-Accepted.
   */
  accept(offer: Offer, acceptedBytes = offer.contentBytes): void {
    checkAccepted(offer, acceptedBytes)
    let rest = acceptedBytes
    let whole = 0
    for (const { type, content } of this.#events.slice(0, offer.eventCount)) {
      if (type === 'CLOSE' && content.length > rest) throw broken('accepted all messages and not the CLOSE')
      if (content.length > rest) break
      rest -= content.length
      whole++
    }
    this.#remove(whole)
    this.#trimFirst(rest)
    this.#offeredEvents = offer.eventCount - whole
    this.#offeredBytes = offer.contentBytes - acceptedBytes
  }

  #remove(count: number): void {
    for (const { content } of this.#events.splice(0, count)) this.#bytes -= content.length + EVENT_BYTES
  }

  /** A message that was accepted in part keeps its type and its rest. */
  #trimFirst(bytes: number): void {
    const [first] = this.#events
    if (first === undefined || bytes === 0) return
    this.#events[0] = { type: first.type, content: first.content.subarray(bytes) }
    this.#bytes -= bytes
  }
}

/** Where more waits than could be offered, an origin that accepts nothing would be offered the same for ever. */
function checkAccepted(offer: Offer, acceptedBytes: number): void {
  if (acceptedBytes > offer.contentBytes) {
    throw broken(`accepted ${acceptedBytes} bytes of the ${offer.contentBytes} that it was sent`)
  }
  if (acceptedBytes === 0 && offer.contentBytes > 0 && !offer.isWhole) {
    throw broken('accepted nothing of a request that could not take all that waits')
  }
}

function broken(text: string): HoldfastError {
  return new HoldfastError('ORIGIN_BROKEN', `the origin ${text} (Content-Bytes-Accepted)`)
}
