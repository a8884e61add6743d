import type { MessageSocketOwner, MessageType } from '../edges/socket.ts'
import type { HoldfastError } from '../errors.ts'
import { type ReceivedEvent, tellOwner } from './receivedEvent.ts'

/**
 * Hands what a WebSocket has received to its owner, in order. What comes while there is no owner, or while it has asked for a pause,
 * waits here: at most what the connection had read already, since it is not read meanwhile.
 */
export class SocketInbox {
  #owner: MessageSocketOwner | undefined
  #isPaused = false
  #isClosing = false
  #isDelivering = false
  #events: ReceivedEvent[] = []

  get owner(): MessageSocketOwner | undefined {
    return this.#owner
  }

  /** The new owner hears of nothing before this has returned. */
  set owner(owner: MessageSocketOwner | undefined) {
    this.#owner = owner
    if (this.#events.length > 0) queueMicrotask(() => this.#deliver())
  }

  /** Whether something may be received now. */
  get isOpen(): boolean {
    return this.#owner !== undefined && (!this.#isPaused || this.#isClosing)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliver()
  }

  /**
   * The owner has closed: a pause no longer keeps the peer's Close back, for which the connection is to be read on. Messages that a
   * pause would keep back are dropped.
   */
  closing(): void {
    this.#isClosing = true
    this.#deliver()
  }

  /** Drops what waits. */
  clear(): void {
    this.#events = []
  }

  message(type: MessageType, content: Buffer): void {
    if (this.#isPaused && this.#isClosing) return
    if (this.#isPassing()) this.#owner?.onMessage(type, content)
    else this.#events.push({ kind: 'message', type, content })
  }

  close(code: number | undefined, reason: string): void {
    this.#add({ kind: 'close', code, reason })
  }

  /** A pause does not keep this back once all else is told. */
  gone(fault: HoldfastError | undefined): void {
    this.#add({ kind: 'gone', fault })
  }

  #isPassing(): boolean {
    return this.isOpen && this.#events.length === 0
  }

  #add(event: ReceivedEvent): void {
    this.#events.push(event)
    this.#deliver()
  }

  #deliver(): void {
    // The owner may pause, resume and close while it is told something.
    if (this.#isDelivering) return
    this.#isDelivering = true
    try {
      for (let event = this.#next(); event !== undefined; event = this.#next()) {
        if (event.kind === 'message' && this.#isPaused) continue
        if (this.#owner !== undefined) tellOwner(this.#owner, event)
      }
    } finally {
      this.#isDelivering = false
    }
  }

  #next(): ReceivedEvent | undefined {
    const [event] = this.#events
    if (event === undefined || this.#owner === undefined) return undefined
    if (this.#isPaused && !this.#isClosing && event.kind !== 'gone') return undefined
    return this.#events.shift()
  }
}
