import type { ClientSocket } from '../../edges.ts'
import type { SocketKeepAliveTerms } from '../../grip/controlMessage.ts'
import type { RouteTraffic } from '../../stats/routeTraffic.ts'
import { WheelNode, type WheelOwner } from '../../util/timerWheel.ts'
import type { HoldEnvironment } from '../holdEnvironment.ts'

/** Milliseconds by which periods are shortened at most, so that sockets opened together do not all write at once. */
const JITTER_MS = 1000

/** The client's connection, and the numbers that what is written to it counts in. */
export interface KeptSocket {
  readonly socket: ClientSocket
  readonly traffic: RouteTraffic
}

/** Sends a message after silence (`idle`) or at a fixed period (`interval`). GRIP: control message keep-alive. */
export class SocketKeepAlive implements WheelOwner {
  /** When the client was last sent something; silence counts from here. */
  lastWriteMs = 0
  readonly #environment: HoldEnvironment
  readonly #socket: ClientSocket
  readonly #traffic: RouteTraffic
  readonly #terms: SocketKeepAliveTerms
  readonly #periodMs: number
  readonly #node: WheelNode

  constructor(environment: HoldEnvironment, client: KeptSocket, terms: SocketKeepAliveTerms) {
    this.#environment = environment
    this.#socket = client.socket
    this.#traffic = client.traffic
    this.#terms = terms
    const timeoutMs = terms.timeoutSeconds * 1000
    this.#periodMs = timeoutMs - Math.floor(Math.random() * Math.min(JITTER_MS, timeoutMs / 2))
    this.#node = new WheelNode(this)
    environment.wheel.schedule(this.#node, environment.clock.now() + this.#periodMs)
  }

  stop(): void {
    this.#environment.wheel.cancel(this.#node)
  }

  /** What is written only notes its time; the timer looks back when it fires, which spares a reschedule a message. */
  onDue(nowMs: number): void {
    const { mode, message } = this.#terms
    const silentUntilMs = this.lastWriteMs + this.#periodMs
    if (mode === 'idle' && this.lastWriteMs > 0 && silentUntilMs > nowMs) {
      this.#environment.wheel.schedule(this.#node, silentUntilMs)
      return
    }
    // Before the write: that may find the client gone, which stops this timer.
    this.#environment.wheel.schedule(this.#node, nowMs + this.#periodMs)
    // A client that has bytes unread needs no keep-alive, and must not be sent more. Pushpin then sends none any more.
    if (this.#socket.bytesQueued > 0) return
    this.#traffic.activity++
    this.#traffic.clientMessagesSent++
    this.#traffic.clientContentBytesSent += message.content.length
    this.#socket.send(message.type, message.content)
  }
}
