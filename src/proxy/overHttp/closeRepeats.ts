import type { Timer } from '../../edges/clock.ts'
import type { Conversation } from './conversation.ts'

/** When a CLOSE is sent again that the origin has not answered, or has not accepted. */
export class CloseRepeats {
  readonly #conversation: Conversation
  #count = 0
  #timer: Timer | undefined

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  /** Waits for the next keep-alive, where the origin has asked for them; false when the CLOSE was sent often enough. */
  afterInterval(repeat: () => void): boolean {
    const { keepAlive } = this.#conversation
    if (!keepAlive.isOn || !this.#countOne()) return false
    keepAlive.start(repeat)
    return true
  }

  /** Waits longer each time; false when the CLOSE was sent often enough. */
  afterBackOff(repeat: () => void): boolean {
    if (!this.#countOne()) return false
    this.#timer = this.#conversation.job.clock.after(this.#conversation.backOffMs(this.#count), repeat)
    return true
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #countOne(): boolean {
    this.#count++
    return this.#count <= this.#conversation.limits.maxCloseRepeats
  }
}
