/** How long after its first subscription a channel's holds ask their origins again. Pushpin: 1000 ms. */
const DELAY_MS = 1000

/**
 * Channels that were subscribed to for the first time a little ago. Between an origin's answer and the subscription that it asks
 * for an item can have been published; asking the origin again closes that gap. Pushpin: update_on_first_subscription.
 */
export class FirstSubscriptions {
  /** In the order of time, as all wait equally long. */
  readonly #dueMs = new Map<string, number>()

  add(channel: string, nowMs: number): void {
    this.#dueMs.delete(channel)
    this.#dueMs.set(channel, nowMs + DELAY_MS)
  }

  /** Takes out the channels whose time has come. */
  takeDue(nowMs: number): readonly string[] {
    const due: string[] = []
    for (const [channel, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) break
      due.push(channel)
      this.#dueMs.delete(channel)
    }
    return due
  }
}
