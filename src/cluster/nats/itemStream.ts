import type { JetStreamClient, JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { Clock, Timer } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import { allChannels, channelSubject } from './channelSubject.ts'
import { type ItemMessage, itemName, parseItemMessage } from './itemMessage.ts'
import type { NatsLink } from './natsLink.ts'
import type { StreamOptions } from './natsOptions.ts'

type JetStream = typeof import('@nats-io/jetstream')

/** An item as the stream has it. */
export interface StoredItem {
  readonly message: ItemMessage
  readonly ageMs: number
}

/** What `store` adds to an item, at the most: the version line, `Nats-Msg-Id` with a name of 43 characters, and line ends. */
const HEADER_BYTES = 70
/** JetStream's units. */
const NANOS_PER_MS = 1_000_000
/** How long the stream knows ids; NATS keeps them in memory. */
const MAX_DUPLICATE_WINDOW_MS = 120_000
/** How long one reading may take. */
const READ_TIMEOUT_MS = 2000
/** How soon it is tried again to make the stream: servers that have just started have no leader yet. */
const MAKE_AGAIN_MS = 1000

export interface ItemStreamParts {
  readonly prefix: string
  readonly options: StreamOptions
  readonly clock: Clock
  readonly log: Log
}

/**
 * The stream that keeps the items of all channels, for all nodes.
 *
 *     unmade --ensure--> made --ensure fails--> unmade --a second later--> made
 */
export class ItemStream {
  readonly #link: NatsLink
  readonly #prefix: string
  readonly #options: StreamOptions
  readonly #clock: Clock
  readonly #log: Log
  #package: JetStream | undefined
  /** When the stream was made, which tells it from one before. */
  #created: string | undefined
  #isMade = false
  #makingAgain: Timer | undefined
  #lastFault = ''
  /** Bytes that the stream takes of a message, where somebody has given it a limit of its own. */
  #maxMessageBytes = Number.POSITIVE_INFINITY

  constructor(link: NatsLink, { prefix, options, clock, log }: ItemStreamParts) {
    this.#link = link
    this.#prefix = prefix
    this.#options = options
    this.#clock = clock
    this.#log = log
  }

  /** Whether items can be stored, as far as is known. */
  get isMade(): boolean {
    return this.#isMade
  }

  /** Loads the package. Throws NATS_UNAVAILABLE. */
  async load(): Promise<void> {
    try {
      this.#package = await import('@nats-io/jetstream')
    } catch (cause) {
      const text = `nats_stream needs the package @nats-io/jetstream: ${(cause as Error).message}; see: npm install @nats-io/jetstream@3`
      throw new HoldfastError('NATS_UNAVAILABLE', text, { cause })
    }
  }

  /**
   * Makes the stream, or makes it what the configuration says; true when it is another one than before, whoever made it. Rejects
   * when it cannot be made, and goes on trying while there is a connection.
   */
  async ensure(): Promise<boolean> {
    try {
      const { created, config } = await this.#make()
      const isOther = this.#created !== undefined && this.#created !== created
      this.#created = created
      this.#maxMessageBytes = config.max_msg_size > 0 ? config.max_msg_size : Number.POSITIVE_INFINITY
      this.#isMade = true
      this.#lastFault = ''
      return isOther
    } catch (error) {
      this.#onUnmade((error as Error).message)
      throw error
    }
  }

  /** Bytes that an item may have. */
  get maxItemBytes(): number {
    return Math.min(this.#link.maxMessageBytes, this.#maxMessageBytes) - HEADER_BYTES
  }

  /** Publishes an item; resolves when the stream has it. Rejects with BUS_UNAVAILABLE. */
  async store(outgoing: ItemMessage & { readonly subject: string; readonly content: Buffer }): Promise<void> {
    const headers = this.#link.headers({ 'Nats-Msg-Id': itemName(outgoing) })
    const answer = await this.#link
      .ask(outgoing.subject, outgoing.content, { headers })
      .catch((error: Error) => {
        this.#onUnmade(error.message)
        throw error
      })
    const { error } = answer.json<{ readonly error?: { readonly description: string } }>()
    if (error !== undefined) {
      throw new HoldfastError('BUS_UNAVAILABLE', `the stream does not take the item: ${error.description}`)
    }
  }

  /** Reads what is kept of a channel, oldest first. */
  async read(channel: string): Promise<readonly StoredItem[]> {
    const subject = channelSubject(this.#prefix, channel)
    const manager = await this.#manager()
    const { name, maxItems } = this.#options
    // Most channels have nothing, and a consumer is dear.
    if ((await manager.direct.getMessage(name, { last_by_subj: subject })) === null) return []
    const consumer = await this.#client().consumers.get(name, { filter_subjects: subject })
    const stored: StoredItem[] = []
    const messages = await consumer.fetch({ max_messages: Math.max(maxItems, 1), expires: READ_TIMEOUT_MS })
    for await (const { data, info } of messages) {
      const ageMs = Math.max(Date.now() - info.timestampNanos / NANOS_PER_MS, 0)
      const message = parseItemMessage(data)
      if (message.item.channel === channel) stored.push({ message, ageMs })
      if (info.pending === 0) break
    }
    await consumer.delete()
    return stored
  }

  async #make(): Promise<StreamInfo> {
    const manager = await this.#manager()
    const config = this.#config()
    const isThere = await exists(manager, config.name)
    return isThere ? manager.streams.update(config.name, config) : manager.streams.add(config)
  }

  #onUnmade(fault: string): void {
    this.#isMade = false
    if (fault !== this.#lastFault)
      this.#log.error(`the stream cannot be made, and nothing be published: ${fault}`)
    this.#lastFault = fault
    this.#makingAgain?.cancel()
    this.#makingAgain = this.#clock.after(MAKE_AGAIN_MS, () => {
      // `ensure` has told what is wrong; a link that is made again comes here by itself.
      if (this.#link.isUp && !this.#isMade) this.ensure().catch(() => {})
    })
  }

  #config(): Partial<StreamConfig> & { name: string } {
    const { name, replicas, ttlMs, maxItems, maxBytes } = this.#options
    const { StorageType, RetentionPolicy, DiscardPolicy } = this.#loaded()
    return {
      name,
      subjects: [allChannels(this.#prefix)],
      num_replicas: replicas,
      max_age: ttlMs * NANOS_PER_MS,
      max_msgs_per_subject: Math.max(maxItems, 1),
      max_bytes: maxBytes === 0 ? -1 : maxBytes,
      duplicate_window: Math.min(ttlMs, MAX_DUPLICATE_WINDOW_MS) * NANOS_PER_MS,
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      allow_direct: true,
    }
  }

  #loaded(): JetStream {
    if (this.#package === undefined) throw new HoldfastError('BUS_UNAVAILABLE', 'not connected to NATS')
    return this.#package
  }

  #client(): JetStreamClient {
    return this.#loaded().jetstream(this.#link.connection, { timeout: READ_TIMEOUT_MS })
  }

  #manager(): Promise<JetStreamManager> {
    return this.#loaded().jetstreamManager(this.#link.connection, {
      timeout: READ_TIMEOUT_MS,
      checkAPI: false,
    })
  }
}

async function exists(manager: JetStreamManager, name: string): Promise<boolean> {
  for await (const known of manager.streams.names()) if (known === name) return true
  return false
}
