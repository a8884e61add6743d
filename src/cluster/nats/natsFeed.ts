import type { ChannelFeed, Log } from '../../edges.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import { UNKNOWN } from '../../hub/intake.ts'
import { type ChannelSource, OpenChannels } from '../openChannels.ts'
import { channelSubject } from './channelSubject.ts'
import { type ItemMessage, parseItemMessage } from './itemMessage.ts'
import type { ItemSink } from './itemSink.ts'
import type { LinkWatcher, NatsLink } from './natsLink.ts'
import type { Receipts } from './receipts.ts'

export interface NatsFeedOptions {
  readonly link: NatsLink
  readonly sink: ItemSink
  readonly log: Log
  readonly prefix: string
  readonly receipts: Receipts
}

/**
 * Subscribes to the subjects of the channels that are held here, and to no others, and hands their items on. What was lost with
 * the connection is had by the holds from their origins when it is back.
 */
export class NatsFeed implements ChannelFeed, ChannelSource, ChannelObserver, LinkWatcher {
  readonly #options: NatsFeedOptions
  readonly #channels = new OpenChannels(this)

  constructor(options: NatsFeedOptions) {
    this.#options = options
    options.sink.observe(this)
    options.link.watch(this)
  }

  open(channels: readonly string[], onOpen: () => void): void {
    this.#channels.request(channels, onOpen)
  }

  ask(channels: readonly string[]): void {
    const { link, prefix } = this.#options
    for (const name of channels) {
      link.subscribe(channelSubject(prefix, name), ({ data }) => this.#onMessage(data))
    }
    if (link.isUp) void this.#open(channels)
    else this.#channels.opened(channels)
  }

  leave(channels: readonly string[]): void {
    const { link, sink, prefix } = this.#options
    for (const name of channels) {
      link.unsubscribe(channelSubject(prefix, name))
      // Items that come from now on are not seen here, so that those before are no history any more.
      sink.restore(name, UNKNOWN)
    }
  }

  isHeld(channel: string): boolean {
    return this.#options.sink.isHeld(channel)
  }

  channelOpened(): void {}

  channelDropped(name: string): void {
    this.#channels.drop([name])
  }

  linkUp(): void {
    void this.#resync()
  }

  linkDown(): void {}

  /** Holds are kept whatever happens: those that are made before their items flow are resynced when the link is back. */
  async #open(channels: readonly string[]): Promise<void> {
    try {
      await this.#options.link.flush()
    } catch (error) {
      this.#options.log.warn(`channels are held before their items flow: ${(error as Error).message}`)
    }
    this.#channels.opened(channels)
  }

  async #resync(): Promise<void> {
    const { link, sink, log } = this.#options
    try {
      await link.flush()
    } catch (error) {
      // It was lost again, and comes back later.
      log.warn(`channels are not resynced: ${(error as Error).message}`)
      return
    }
    sink.recover()
  }

  #onMessage(content: Uint8Array): void {
    try {
      this.#deliver(parseItemMessage(content))
    } catch (error) {
      this.#options.log.error(`an item from NATS is dropped: ${(error as Error).message}`, { error })
    }
  }

  #deliver({ from, number, isCounted, item }: ItemMessage): void {
    const holds = this.#options.sink.deliver(item)
    if (isCounted) this.#options.receipts.note(from, number, holds)
  }
}
