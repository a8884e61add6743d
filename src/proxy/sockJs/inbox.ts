/** What an inbox is the inbox of. */
export interface InboxOwner {
  /** Whether messages may be delivered now. */
  readonly isReceiving: boolean
  onInboxMessage(message: Buffer): void
  /** All messages have been delivered, after at least one was put in. */
  onInboxEmpty(): void
}

/** Messages that the client has sent together, on their way to somebody who may pause between two of them. */
export class Inbox {
  readonly #owner: InboxOwner
  #messages: readonly Buffer[] = []
  #next = 0
  #isDelivering = false

  constructor(owner: InboxOwner) {
    this.#owner = owner
  }

  get isEmpty(): boolean {
    return this.#next === this.#messages.length
  }

  /** Puts in messages, and delivers what it can; only to be called when it is empty. */
  put(messages: readonly Buffer[]): void {
    this.#messages = messages
    this.#next = 0
    this.deliver()
  }

  /** Delivers while the owner receives. */
  deliver(): void {
    // The owner may pause and resume within a delivery; the loop goes on then.
    if (this.#isDelivering || this.#messages.length === 0) return
    this.#isDelivering = true
    while (!this.isEmpty && this.#owner.isReceiving) {
      this.#owner.onInboxMessage(this.#messages[this.#next++] as Buffer)
    }
    this.#isDelivering = false
    if (!this.isEmpty) return
    this.#messages = NONE
    this.#next = 0
    this.#owner.onInboxEmpty()
  }
}

const NONE: readonly Buffer[] = []
