import type { JetStreamClient, JetStreamManager, StreamConfig } from '@nats-io/jetstream'
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

/** The stream that keeps the items of all channels, for all nodes. */
export class ItemStream {
  readonly #link: NatsLink
  readonly #prefix: string
  readonly #options: StreamOptions
  #package: JetStream | undefined
  /** When the stream was made, which tells it from one before. */
  #created: string | undefined
  /** Bytes that the stream takes of a message, where somebody has given it a limit of its own. */
  #maxMessageBytes = Number.POSITIVE_INFINITY

  constructor(link: NatsLink, parts: { readonly prefix: string; readonly options: StreamOptions }) {
    this.#link = link
    this.#prefix = parts.prefix
    this.#options = parts.options
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
   * when it cannot be made.
   */
  async ensure(): Promise<boolean> {
    const manager = await this.#manager()
    const config = this.#config()
    const isThere = await exists(manager, config.name)
    const made = await (isThere ? manager.streams.update(config.name, config) : manager.streams.add(config))
    const { max_msg_size: maxBytes } = made.config
    this.#maxMessageBytes = maxBytes > 0 ? maxBytes : Number.POSITIVE_INFINITY
    const isOther = this.#created !== undefined && this.#created !== made.created
    this.#created = made.created
    return isOther
  }

  /** Bytes that an item may have. */
  get maxItemBytes(): number {
    return Math.min(this.#link.maxMessageBytes, this.#maxMessageBytes) - HEADER_BYTES
  }

  /** Publishes an item; resolves when the stream has it. Rejects with BUS_UNAVAILABLE. */
  async store(outgoing: ItemMessage & { readonly subject: string; readonly content: Buffer }): Promise<void> {
    const headers = this.#link.headers({ 'Nats-Msg-Id': itemName(outgoing) })
    const answer = await this.#link.ask(outgoing.subject, outgoing.content, { headers })
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
