import type { ClientStream } from '../edges.ts'
import type { KeepAlive } from '../grip/instruct.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'
import { writeFramed } from './writeFramed.ts'

/** Milliseconds by which keep-alives are spread at most, so that streams opened together do not all write at once. */
const JITTER_MS = 1000

/** The client that is kept, and where that is counted. */
interface KeptClient {
  readonly stream: ClientStream
  readonly traffic: RouteTraffic
}

/** Writes keep-alive bytes after silence (`idle`) or at a fixed period (`interval`). GRIP: Grip-Keep-Alive. */
export class StreamKeepAlive implements WheelOwner {
  /** When the last item was written; an idle keep-alive counts from here. */
  lastItemMs = 0
  readonly #environment: HoldEnvironment
  readonly #stream: ClientStream
  readonly #traffic: RouteTraffic
  readonly #keepAlive: KeepAlive
  readonly #periodMs: number
  readonly #node: WheelNode

  constructor(environment: HoldEnvironment, client: KeptClient, keepAlive: KeepAlive) {
    this.#environment = environment
    this.#stream = client.stream
    this.#traffic = client.traffic
    this.#keepAlive = keepAlive
    const timeoutMs = keepAlive.timeoutSeconds * 1000
    this.#periodMs = timeoutMs - Math.floor(Math.random() * Math.min(JITTER_MS, timeoutMs / 2))
    this.#node = new WheelNode(this)
    environment.wheel.schedule(this.#node, environment.clock.now() + this.#periodMs)
  }

  stop(): void {
    this.#environment.wheel.cancel(this.#node)
  }

  /** Items only note their time; the timer looks back when it fires, which spares a reschedule an item. */
  onDue(nowMs: number): void {
    const idleEndMs = this.lastItemMs + this.#periodMs
    if (this.#keepAlive.mode === 'idle' && this.lastItemMs > 0 && idleEndMs > nowMs) {
      this.#environment.wheel.schedule(this.#node, idleEndMs)
      return
    }
    // Before the write: that may find the client gone, which stops this timer.
    this.#environment.wheel.schedule(this.#node, nowMs + this.#periodMs)
    // A client that has bytes unread needs no keep-alive, and must not be sent more.
    if (this.#stream.bytesQueued > 0) return
    this.#traffic.activity++
    this.#traffic.clientContentBytesSent += this.#keepAlive.data.length
    writeFramed(this.#stream, this.#keepAlive.data)
  }
}
