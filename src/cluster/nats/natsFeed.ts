import type { ChannelFeed } from '../../edges/bus.ts'
import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import type { ChannelObserver } from '../../hub/channelIndex.ts'
import { UNKNOWN } from '../../hub/intake.ts'
import { type ChannelSource, OpenChannels } from '../openChannels.ts'
import { channelSubject } from './channelSubject.ts'
import { type ItemMessage, itemName, parseItemMessage } from './itemMessage.ts'
import type { ItemSink } from './itemSink.ts'
import type { ItemStream } from './itemStream.ts'
import type { LinkWatcher, NatsLink } from './natsLink.ts'
import type { StreamOptions } from './natsOptions.ts'
import type { Receipts } from './receipts.ts'
import { StreamPositions, snapshotOf } from './streamPositions.ts'

/** Where items come from, and where they go. */
export interface NatsFeedOptions {
  readonly link: NatsLink
  readonly sink: ItemSink
  readonly clock: Clock
  readonly log: Log
  readonly prefix: string
  readonly receipts: Receipts
  /** What keeps items for all nodes, where one does. */
  readonly kept: { readonly stream: ItemStream; readonly options: StreamOptions } | undefined
}

/** Items of one channel that may come while the stream is read; more than that is caught up with by recovery. */
const MAX_EARLY = 10_000

/**
 * Subscribes to the subjects of the channels that are held here, and to no others, and hands their items on. What was lost with
 * the connection is read from the stream when it is back; where there is none, the holds ask their origins.
 *
 *     with a stream, a channel: asked --read--> open --link lost--> behind --link back, read--> open
 */
export class NatsFeed implements ChannelFeed, ChannelSource, ChannelObserver, LinkWatcher {
  readonly #options: NatsFeedOptions
  readonly #channels = new OpenChannels(this)
  readonly #positions: StreamPositions | undefined
  /** Items that came before those before them were read, by channel. */
  readonly #early = new Map<string, ItemMessage[]>()
  /** Channels that were open when the link was lost, or were opened without it; others are not read again, for their items have come. */
  readonly #behind = new Set<string>()
  #downSinceMs = 0
  /** How often the link was lost. */
  #losses = 0

  constructor(options: NatsFeedOptions) {
    const { sink, link, kept } = options
    this.#options = options
    this.#positions = kept && new StreamPositions(kept.stream, kept.options.maxItems)
    sink.observe(this)
    link.watch(this)
  }

  open(channels: readonly string[], onOpen: () => void): void {
    this.#channels.request(channels, onOpen)
  }

  ask(channels: readonly string[]): void {
    const { link, prefix } = this.#options
    for (const name of channels) {
      if (this.#positions !== undefined && link.isUp) this.#early.set(name, [])
      link.subscribe(channelSubject(prefix, name), ({ data }) => this.#onMessage(data))
    }
    if (link.isUp) void this.#open(channels)
    else this.#openBehind(channels)
  }

  leave(channels: readonly string[]): void {
    const { link, sink, prefix } = this.#options
    for (const name of channels) {
      link.unsubscribe(channelSubject(prefix, name))
      this.#positions?.forget(name)
      this.#early.delete(name)
      this.#behind.delete(name)
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

  linkDown(): void {
    this.#downSinceMs = this.#options.clock.now()
    this.#losses++
    for (const name of this.#channels.open) {
      this.#behind.add(name)
      // What comes when the link is back follows on what must be read first.
      if (this.#positions !== undefined) this.#early.set(name, [])
    }
  }

  /** Holds are kept whatever happens: those that are made before their items flow are resynced when the link is back. */
  async #open(channels: readonly string[]): Promise<void> {
    const losses = this.#losses
    try {
      await this.#options.link.flush()
      if (this.#positions !== undefined) await this.#restore(this.#positions, channels)
      if (losses !== this.#losses) throw new HoldfastError('BUS_UNAVAILABLE', 'the link was lost meanwhile')
      this.#channels.opened(channels)
    } catch (error) {
      this.#options.log.warn(`channels are held before their items flow: ${(error as Error).message}`)
      for (const name of channels) {
        this.#early.delete(name)
        this.#positions?.forget(name)
      }
      this.#openBehind(channels)
      // Those that are resynced already did not include these.
      if (losses !== this.#losses && this.#options.link.isUp) void this.#resync()
    }
  }

  #openBehind(channels: readonly string[]): void {
    for (const name of channels) this.#behind.add(name)
    this.#channels.opened(channels)
  }

  /** Begins with what the stream has of the channels; nothing may come between this and their opening. */
  async #restore(positions: StreamPositions, channels: readonly string[]): Promise<void> {
    const readings = await Promise.all(channels.map((name) => positions.read(name)))
    for (const [i, name] of channels.entries()) {
      const { stored = [], names } = readings[i] ?? {}
      const early = (this.#early.get(name) ?? []).filter((message) => names?.has(itemName(message)) !== true)
      this.#early.delete(name)
      this.#options.sink.restore(name, snapshotOf(stored, early))
      positions.begin(name, early.at(-1) ?? stored.at(-1)?.message)
    }
  }

  async #resync(): Promise<void> {
    const { link, sink, log } = this.#options
    try {
      await link.flush()
      if (await this.#catchUp()) return
    } catch (error) {
      log.warn(`channels cannot be caught up with: ${(error as Error).message}`)
      // It was lost again, and comes back later.
      if (!link.isUp) return
      for (const name of this.#behind) this.#positions?.forget(name)
    }
    for (const name of this.#behind) this.#caughtUp(name, NOTHING)
    sink.recover()
  }

  /** Reads what was missed; false when something may be missing all the same. */
  async #catchUp(): Promise<boolean> {
    const { kept, clock } = this.#options
    if (kept === undefined) return false
    const isOther = await kept.stream.ensure()
    const awayMs = clock.now() - this.#downSinceMs
    const areComplete = await Promise.all([...this.#behind].map((name) => this.#catchUpWith(name)))
    return !isOther && awayMs < kept.options.ttlMs && !areComplete.includes(false)
  }

  async #catchUpWith(channel: string): Promise<boolean> {
    const reading = await this.#positions?.read(channel)
    const missed = reading && this.#positions?.missed(channel, reading)
    for (const message of missed ?? []) this.#deliver(message)
    this.#caughtUp(channel, missed === undefined ? NOTHING : (reading?.names ?? NOTHING))
    return missed !== undefined
  }

  /** Hands on what came meanwhile, less what was read. */
  #caughtUp(channel: string, known: ReadonlySet<string>): void {
    this.#behind.delete(channel)
    const early = this.#early.get(channel) ?? []
    this.#early.delete(channel)
    for (const message of early) if (!known.has(itemName(message))) this.#deliver(message)
  }

  #onMessage(content: Uint8Array): void {
    try {
      const message = parseItemMessage(content)
      const early = this.#early.get(message.item.channel)
      if (early === undefined) this.#deliver(message)
      else this.#keepEarly(early, message)
    } catch (error) {
      this.#options.log.error(`an item from NATS is dropped: ${(error as Error).message}`, { error })
    }
  }

  #keepEarly(early: ItemMessage[], message: ItemMessage): void {
    if (early.length < MAX_EARLY) early.push(message)
    // The stream has it; that it was not seen makes the holds ask for it.
    else this.#positions?.forget(message.item.channel)
  }

  #deliver(message: ItemMessage): void {
    const { from, number, isCounted, item } = message
    this.#positions?.seen(message)
    const holds = this.#options.sink.deliver(item)
    if (isCounted) this.#options.receipts.note(from, number, holds)
  }
}

const NOTHING: ReadonlySet<string> = new Set()
