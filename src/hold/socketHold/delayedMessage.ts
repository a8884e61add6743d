import type { OwnMessage } from '../../grip/controlMessage.ts'
import { WheelNode, type WheelOwner } from '../../util/timerWheel.ts'
import type { HoldEnvironment } from '../holdEnvironment.ts'

/** The one message that a client is sent later, or as soon as the origin says. GRIP: send-delayed, flush-delayed. */
export class DelayedMessage implements WheelOwner {
  readonly #environment: HoldEnvironment
  readonly #send: (message: OwnMessage) => void
  readonly #node = new WheelNode(this)
  #message: OwnMessage | undefined

  constructor(environment: HoldEnvironment, send: (message: OwnMessage) => void) {
    this.#environment = environment
    this.#send = send
  }

  /** Lets the message wait; one that waits already is sent now. */
  set(message: OwnMessage, timeoutMs: number): void {
    this.flush()
    this.#message = message
    const { wheel, clock } = this.#environment
    wheel.schedule(this.#node, clock.now() + timeoutMs)
  }

  /** Sends the message that waits, if any. */
  flush(): void {
    const message = this.#message
    this.stop()
    if (message !== undefined) this.#send(message)
  }

  /** Forgets the message that waits. */
  stop(): void {
    this.#message = undefined
    this.#environment.wheel.cancel(this.#node)
  }

  onDue(): void {
    this.flush()
  }
}
