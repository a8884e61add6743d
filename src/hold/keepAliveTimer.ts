import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'

/** Milliseconds by which periods are shortened at most, so that holds that began together do not all write at once. */
const JITTER_MS = 1000

/** When a keep-alive is due: after silence, or at a fixed period. GRIP: Grip-Keep-Alive, control message keep-alive. */
export interface KeepAliveTerms {
  readonly timeoutSeconds: number
  readonly mode: 'idle' | 'interval'
}

/** Tells a held client's keep-alive when it is due; a base class and not a part, so that a hold has one object less. */
export abstract class KeepAliveTimer implements WheelOwner {
  /** When the client was last sent something; silence counts from here. */
  lastWriteMs = 0
  readonly #environment: HoldEnvironment
  readonly #isIdle: boolean
  readonly #periodMs: number
  readonly #node: WheelNode

  constructor(environment: HoldEnvironment, { timeoutSeconds, mode }: KeepAliveTerms) {
    this.#environment = environment
    this.#isIdle = mode === 'idle'
    const timeoutMs = timeoutSeconds * 1000
    this.#periodMs = timeoutMs - Math.floor(Math.random() * Math.min(JITTER_MS, timeoutMs / 2))
    this.#node = new WheelNode(this)
    environment.wheel.schedule(this.#node, environment.clock.now() + this.#periodMs)
  }

  stop(): void {
    this.#environment.wheel.cancel(this.#node)
  }

  /** What is written only notes its time; the timer looks back when it fires, which spares a reschedule an item. */
  onDue(nowMs: number): void {
    const silentUntilMs = this.lastWriteMs + this.#periodMs
    if (this.#isIdle && this.lastWriteMs > 0 && silentUntilMs > nowMs) {
      this.#environment.wheel.schedule(this.#node, silentUntilMs)
      return
    }
    // Before the write: that may find the client gone, which stops this timer.
    this.#environment.wheel.schedule(this.#node, nowMs + this.#periodMs)
    // A client that has bytes unread needs no keep-alive, and must not be sent more. Pushpin then sends none any more.
    if (this.bytesQueued === 0) this.send()
  }

  /** Bytes that wait for the client. */
  protected abstract get bytesQueued(): number

  /** Writes the keep-alive. */
  protected abstract send(): void
}
