import type { PublishBus, PublishOptions, PublishOutcome } from '../../src/edges/bus.ts'
import { HoldfastError } from '../../src/errors.ts'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import { type Commands, createCommands } from '../../src/ingress/commands.ts'

/** A bus that keeps what it is given; every item reaches as many holds as its channel name has characters. */
export class FakeBus implements PublishBus {
  isUp = true
  readonly batches: (readonly PublishItem[])[] = []
  /** Set to make publishes fail. */
  failure: Error | undefined
  /** Set to make publishes wait. */
  isHeld = false
  #release: (() => void)[] = []

  get channels(): string[] {
    return this.batches.flat().map((item) => item.channel)
  }

  async publish(
    items: readonly PublishItem[],
    { onRefused }: PublishOptions = {},
  ): Promise<readonly PublishOutcome[]> {
    if (this.failure !== undefined) throw this.failure
    this.batches.push(items.filter((item) => !this.#isRefused(item, onRefused)))
    if (this.isHeld) await new Promise<void>((resolve) => this.#release.push(resolve))
    return items.map((item) => ({ holds: item.channel.length }))
  }

  /** Items of the channel `large` are. */
  #isRefused(item: PublishItem, onRefused: PublishOptions['onRefused']): boolean {
    if (item.channel !== 'large') return false
    const reason = new HoldfastError('ITEM_TOO_LARGE', 'an item of channel "large" has 9 bytes')
    if (onRefused === undefined) throw reason
    onRefused(item, reason)
    return true
  }

  /** Lets the publishes that wait go on, the last one first. */
  releaseBackwards(): void {
    this.isHeld = false
    const waiting = this.#release.reverse()
    this.#release = []
    for (const release of waiting) release()
  }

  async close(): Promise<void> {}
}

/** The commands of a server that nobody is connected to. */
export function createTestCommands(bus: PublishBus, recover: () => void = () => {}): Commands {
  const directory = { has: async () => false, refresh: async () => false }
  return createCommands({ bus, recover, directory })
}
