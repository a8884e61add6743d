import { WheelNode, type WheelOwner } from '../../util/timerWheel.ts'
import type { SocketEnvironment } from './socketEnvironment.ts'

/** Pings that may go unanswered, one after another, before a client is given up. */
export const MAX_UNANSWERED_PINGS = 2

/** What is watched. */
export interface WatchedSocket {
  /** Bytes that wait for the client. */
  readonly bytesQueued: number
  /** Bytes that it has taken so far. */
  readonly bytesTaken: number
  /** False while the client is made to wait: it cannot be heard then. */
  readonly isReading: boolean
  /** Asks the client for a sign of life. */
  ping(): void
  /** The client has given none. */
  onSilence(): void
  /** The connection should have ended. */
  onOverdue(): void
}

/**
 * Asks a client that says nothing whether it is there, and bounds how long an end may take.
 *
 *     watching --silent--> pinged --silent--> pinged twice --silent--> given up
 *         ^------------- a byte of the client ----'
 *     any --expectEnd--> ending --nothing taken for the time--> overdue
 */
export class SocketWatch implements WheelOwner {
  readonly #environment: SocketEnvironment
  readonly #socket: WatchedSocket
  readonly #node = new WheelNode(this)
  /** Whole milliseconds, which are kept without an object of their own. */
  #heardMs: number
  #unanswered = 0
  #bytesTaken = 0
  /** 0 while no end is expected. */
  #endTimeoutMs = 0

  constructor(environment: SocketEnvironment, socket: WatchedSocket) {
    this.#environment = environment
    this.#socket = socket
    this.#heardMs = Math.floor(environment.clock.now())
    const { pingIntervalMs } = environment.options
    if (pingIntervalMs > 0) this.#wait(this.#heardMs + pingIntervalMs)
  }

  /** The client has sent something, whatever it was. */
  heard(): void {
    this.#heardMs = Math.floor(this.#environment.clock.now())
    this.#unanswered = 0
  }

  /** Asks no more; the connection has this long to end, and again as long each time that the client takes some of what is queued. */
  expectEnd(timeoutMs: number): void {
    this.#endTimeoutMs = timeoutMs
    this.#bytesTaken = this.#socket.bytesTaken
    this.#wait(this.#environment.clock.now() + timeoutMs)
  }

  stop(): void {
    this.#environment.wheel.cancel(this.#node)
  }

  onDue(nowMs: number): void {
    const { bytesQueued, bytesTaken, isReading } = this.#socket
    const isTaking = bytesQueued > 0 && bytesTaken !== this.#bytesTaken
    this.#bytesTaken = bytesTaken
    if (this.#endTimeoutMs > 0) this.#onEndDue(nowMs, isTaking)
    else {
      // A ping would only reach it behind what it is still taking.
      if (!isReading || isTaking) this.heard()
      // Its answer cannot be heard, but where the client has left, the ping breaks the connection.
      if (!isReading && bytesQueued === 0) this.#socket.ping()
      this.#onSilenceDue(nowMs)
    }
  }

  #onEndDue(nowMs: number, isTaking: boolean): void {
    if (isTaking) this.#wait(nowMs + this.#endTimeoutMs)
    else this.#socket.onOverdue()
  }

  #onSilenceDue(nowMs: number): void {
    const { pingIntervalMs } = this.#environment.options
    const silentAtMs = this.#heardMs + pingIntervalMs
    if (nowMs < silentAtMs) this.#wait(silentAtMs)
    else if (this.#unanswered === MAX_UNANSWERED_PINGS) this.#socket.onSilence()
    else {
      this.#unanswered++
      this.#wait(nowMs + pingIntervalMs)
      this.#socket.ping()
    }
  }

  #wait(dueMs: number): void {
    this.#environment.wheel.schedule(this.#node, dueMs)
  }
}
