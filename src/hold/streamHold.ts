import type { ClientStream, ClientStreamOwner } from '../edges.ts'
import type { KeepAlive } from '../grip/instruct.ts'
import type { Batch } from '../hub/batch.ts'
import type { Hold, Subscription } from '../hub/hold.ts'
import type { CloseReason } from '../stats/counters.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { Drainable, HoldEnvironment } from './holdEnvironment.ts'
import { writeFramed } from './writeFramed.ts'

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/**
 * A held response body: published content is appended to it until somebody ends it. GRIP: Grip-Hold: stream.
 *
 *     open --close item, shutdown--> ended
 *     open --client left, too slow--> gone
 */
export class StreamHold implements Hold, Drainable, ClientStreamOwner {
  readonly kind = 'stream'
  readonly #environment: HoldEnvironment
  readonly #stream: ClientStream
  #subscriptions: readonly Subscription[] = NO_SUBSCRIPTIONS
  #keepAlive: StreamKeepAlive | undefined
  #isOpen = true

  constructor(environment: HoldEnvironment, stream: ClientStream, keepAlive: KeepAlive | undefined) {
    this.#environment = environment
    this.#stream = stream
    stream.owner = this
    if (keepAlive !== undefined) this.#keepAlive = new StreamKeepAlive(environment, stream, keepAlive)
    environment.holds.add(this)
    environment.counters.streamHolds++
  }

  /** Begins to receive what is published on the channels. */
  subscribe(channels: readonly string[]): void {
    if (!this.#isOpen) return
    if (this.#environment.isDraining) this.shutdown()
    else this.#subscriptions = this.#environment.hub.subscribe(this, channels)
  }

  deliver(batch: Batch, _subscription: Subscription): void {
    const stream = this.#stream
    const plan = batch.streamPlan(stream.framing)
    if (plan.wire.length > 0) {
      const { bytesQueued } = stream
      // A client that has taken everything is not slow, however much a burst has put together.
      if (bytesQueued > 0 && bytesQueued + plan.wire.length > this.#environment.clientSendBufferBytes) {
        this.#closeSlow(plan.wire.length)
        return
      }
      stream.write(plan.wire)
      if (this.#keepAlive !== undefined) this.#keepAlive.lastItemMs = batch.nowMs
    }
    if (plan.ends) this.end()
  }

  /** Ends the stream cleanly. */
  end(): void {
    if (!this.#release()) return
    this.#stream.end()
  }

  shutdown(): void {
    if (!this.#isOpen) return
    this.#environment.counters.closed.shutdown++
    this.end()
  }

  onStreamClose(): void {
    this.#release()
  }

  onStreamDrain(): void {}

  #closeSlow(bytes: number): void {
    if (!this.#release()) return
    const reason: CloseReason = 'slow-client'
    this.#environment.counters.closed[reason]++
    this.#environment.log.warn(
      `closed ${this.#stream.peerAddress}: ${reason}: ${this.#stream.bytesQueued} bytes unread, ${bytes} more to send, ` +
        `client_send_buffer is ${this.#environment.clientSendBufferBytes}`,
      { reason, peer: this.#stream.peerAddress },
    )
    this.#stream.destroy()
  }

  /** Leaves the hub and the timers; false when that was done before. */
  #release(): boolean {
    if (!this.#isOpen) return false
    this.#isOpen = false
    this.#environment.hub.unsubscribe(this.#subscriptions)
    this.#subscriptions = NO_SUBSCRIPTIONS
    this.#keepAlive?.stop()
    this.#keepAlive = undefined
    this.#environment.holds.delete(this)
    this.#environment.counters.streamHolds--
    return true
  }
}

/** Milliseconds by which keep-alives are spread at most, so that streams opened together do not all write at once. */
const KEEP_ALIVE_JITTER_MS = 1000

/** Writes keep-alive bytes after silence (`idle`) or at a fixed period (`interval`). GRIP: Grip-Keep-Alive. */
class StreamKeepAlive implements WheelOwner {
  /** When the last item was written; an idle keep-alive counts from here. */
  lastItemMs = 0
  readonly #environment: HoldEnvironment
  readonly #stream: ClientStream
  readonly #keepAlive: KeepAlive
  readonly #periodMs: number
  readonly #node: WheelNode

  constructor(environment: HoldEnvironment, stream: ClientStream, keepAlive: KeepAlive) {
    this.#environment = environment
    this.#stream = stream
    this.#keepAlive = keepAlive
    const timeoutMs = keepAlive.timeoutSeconds * 1000
    this.#periodMs = timeoutMs - Math.floor(Math.random() * Math.min(KEEP_ALIVE_JITTER_MS, timeoutMs / 2))
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
    if (this.#stream.bytesQueued === 0) writeFramed(this.#stream, this.#keepAlive.data)
  }
}
