import type { PublishBus, PublishOutcome } from '../edges/bus.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import type { Hub } from '../hub/hub.ts'

/** The bus of a single process: straight to its own hub. */
export class LocalBus implements PublishBus {
  readonly isUp = true
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
  }

  async publish(items: readonly PublishItem[]): Promise<readonly PublishOutcome[]> {
    return items.map((item) => ({ holds: this.#hub.deliver(item) }))
  }

  async close(): Promise<void> {
    this.#hub.flush()
  }
}
