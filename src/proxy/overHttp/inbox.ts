import type { MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import type { HoldfastError } from '../../errors.ts'

/** What an origin has for the client. */
export type Arrival =
  | { readonly kind: 'message'; readonly type: MessageType; readonly content: Buffer }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: 'gone'; readonly fault: HoldfastError | undefined }

/** What an arrival counts beside its content. */
const ARRIVAL_BYTES = 16

/**
 * What an origin has sent and the owner of the socket has not taken. It is handed over in order, while there is an owner who
 * reads; the end comes last, and once.
 */
export class Inbox {
  owner: MessageSocketOwner | undefined
  #arrivals: Arrival[] = []
  /** Those before it have been handed over: shifting thousands would move the rest each time. */
  #next = 0
  #bytes = 0
  #hasEnd = false
  #isPaused = false
  #isDelivering = false

  /** What waits, in bytes of memory. */
  get bytes(): number {
    return this.#bytes
  }

  add(arrival: Arrival): void {
    this.#arrivals.push(arrival)
    this.#bytes += sizeOf(arrival)
  }

  /** Adds the end of the connection; only the first counts. */
  end(fault: HoldfastError | undefined): void {
    if (this.#hasEnd) return
    this.#hasEnd = true
    this.add({ kind: 'gone', fault })
  }

  /** Leaves nothing but the end, for which nobody has to read. */
  break(): void {
    this.end(undefined)
    const last = this.#arrivals.at(-1)
    this.#arrivals = last === undefined ? [] : [last]
    this.#next = 0
    this.#bytes = 0
    this.#isPaused = false
  }

  /** Waits for no reader any more: messages that he has not taken are dropped, and what comes now is handed over. */
  skipReader(): void {
    if (!this.#isPaused) return
    this.#arrivals = this.#arrivals.slice(this.#next).filter(({ kind }) => kind !== 'message')
    this.#next = 0
    this.#bytes = this.#arrivals.length * ARRIVAL_BYTES
    this.resume()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.deliver()
  }

  /** Hands over what waits; the owner may pause, or break the connection, with each. */
  deliver(): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    try {
      while (!this.#isPaused && this.owner !== undefined) {
        const arrival = this.#take()
        if (arrival === undefined) return
        tell(this.owner, arrival)
      }
    } finally {
      this.#isDelivering = false
    }
  }

  #take(): Arrival | undefined {
    const arrival = this.#arrivals[this.#next]
    if (arrival === undefined) return undefined
    this.#next++
    this.#bytes -= sizeOf(arrival)
    if (this.#next === this.#arrivals.length) {
      this.#arrivals = []
      this.#next = 0
      this.#bytes = 0
    }
    return arrival
  }
}

function tell(owner: MessageSocketOwner, arrival: Arrival): void {
  switch (arrival.kind) {
    case 'message':
      owner.onMessage(arrival.type, arrival.content)
      return
    case 'close':
      owner.onClose(arrival.code, arrival.reason)
      return
    case 'gone':
      owner.onGone(arrival.fault)
  }
}

function sizeOf(arrival: Arrival): number {
  return arrival.kind === 'message' ? arrival.content.length + ARRIVAL_BYTES : ARRIVAL_BYTES
}
