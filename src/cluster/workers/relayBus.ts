import type { PublishBus, PublishOutcome } from '../../edges/bus.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { ItemRelay } from './itemRelay.ts'

/** The bus of a primary process on one machine: straight to its workers. */
export class RelayBus implements PublishBus {
  readonly isUp = true
  readonly #relay: ItemRelay

  constructor(relay: ItemRelay) {
    this.#relay = relay
  }

  publish(items: readonly PublishItem[]): Promise<readonly PublishOutcome[]> {
    return this.#relay.publish(items)
  }

  async close(): Promise<void> {}
}
