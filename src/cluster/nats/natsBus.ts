import type { PublishBus, PublishOptions, PublishOutcome } from '../../edges/bus.ts'
import { HoldfastError } from '../../errors.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import { channelSubject } from './channelSubject.ts'
import { encodeItemMessage, type ItemMessage } from './itemMessage.ts'
import type { ItemStream } from './itemStream.ts'
import type { NatsLink } from './natsLink.ts'
import type { Nodes } from './nodes.ts'
import { RECEIPTS, type ReceiptRange, type Receipts } from './receipts.ts'

/** What a node publishes by. */
export interface NatsBusOptions {
  readonly link: NatsLink
  readonly nodes: Nodes
  readonly prefix: string
  readonly receipts: Receipts
  /** What is to have an item before its publisher is answered. */
  readonly stream: ItemStream | undefined
}

/** What an error shows of a channel's name. */
const MAX_SHOWN_LENGTH = 100

/** An item ready to be sent. */
export interface Outgoing extends ItemMessage {
  readonly subject: string
  readonly content: Buffer
}

/**
 * Publishes to all nodes, this one included, over NATS. An answer means that the server has the items; how many holds they
 * reached is then asked of each node, which gets the question after the items, for both take the same way.
 */
export class NatsBus implements PublishBus {
  readonly #options: NatsBusOptions
  #lastNumber = 0

  constructor(options: NatsBusOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    const { link, stream } = this.#options
    return link.isUp && (stream?.isMade ?? true)
  }

  async publish(
    items: readonly PublishItem[],
    { countsHolds = true, onRefused = refuseAll }: PublishOptions = {},
  ): Promise<readonly PublishOutcome[]> {
    const { link, stream } = this.#options
    if (!link.isUp) throw new HoldfastError('BUS_UNAVAILABLE', 'not connected to NATS')
    if (stream?.isMade === false)
      throw new HoldfastError('BUS_UNAVAILABLE', 'the NATS servers have no stream for it')
    if (items.length === 0) return []
    const first = this.#lastNumber + 1
    const outgoing = items
      .map((item) => this.#encode(item, countsHolds))
      .filter((message) => this.#fits(message, onRefused))
    await this.#send(outgoing)
    if (!countsHolds) return items.map(() => ({ holds: 0 }))
    return this.#count({ first, count: items.length })
  }

  async close(): Promise<void> {
    await this.#options.link.close()
  }

  #encode(item: PublishItem, isCounted: boolean): Outgoing {
    const { nodes, prefix } = this.#options
    const message = { from: nodes.id, number: ++this.#lastNumber, isCounted, item }
    return {
      ...message,
      subject: channelSubject(prefix, item.channel),
      content: encodeItemMessage(message),
    }
  }

  #fits({ item, content }: Outgoing, onRefused: OnRefused): boolean {
    const { link, stream } = this.#options
    const takenBytes = stream?.maxItemBytes ?? link.maxMessageBytes
    if (content.length <= takenBytes) return true
    const name = JSON.stringify(item.channel.slice(0, MAX_SHOWN_LENGTH))
    const text = `an item of channel ${name} has ${content.length} bytes between nodes, and the NATS servers take ${takenBytes}`
    onRefused(item, new HoldfastError('ITEM_TOO_LARGE', text))
    return false
  }

  async #send(outgoing: readonly Outgoing[]): Promise<void> {
    const { link, stream } = this.#options
    if (stream !== undefined) {
      await Promise.all(outgoing.map((item) => stream.store(item)))
      return
    }
    for (const { subject, content } of outgoing) link.send(subject, content)
    await link.flush()
  }

  async #count(range: ReceiptRange): Promise<readonly PublishOutcome[]> {
    const { nodes, receipts } = this.#options
    const others = nodes.peers.map(({ id }) => this.#countOn(id, range))
    const counts = await Promise.all([receipts.take(nodes.id, range), ...others])
    return Array.from({ length: range.count }, (_, i) => ({
      holds: counts.reduce((sum, holds) => sum + (holds[i] ?? 0), 0),
    }))
  }

  /** The items are published whatever comes of this: of a node that does not answer, no holds are known. */
  async #countOn(id: string, range: ReceiptRange): Promise<readonly number[]> {
    const { nodes } = this.#options
    try {
      return (await nodes.ask(id, RECEIPTS, { from: nodes.id, ...range })) as readonly number[]
    } catch {
      return []
    }
  }
}

type OnRefused = NonNullable<PublishOptions['onRefused']>

function refuseAll(_item: PublishItem, reason: HoldfastError): never {
  throw reason
}
