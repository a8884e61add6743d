import type { ChannelFeed, PublishBus } from '../../edges/bus.ts'
import type { Clock } from '../../edges/clock.ts'
import type { HoldDirectory } from '../../edges/directory.ts'
import type { Log } from '../../edges/log.ts'
import { MergedDirectory, NOBODY, type PartDirectory } from '../workers/mergedDirectory.ts'
import { answerDirectoryQuestion } from '../workers/remoteDirectory.ts'
import type { ItemSink } from './itemSink.ts'
import { ItemStream } from './itemStream.ts'
import { NatsBus } from './natsBus.ts'
import { NatsFeed } from './natsFeed.ts'
import { NatsLink } from './natsLink.ts'
import type { NatsOptions, StreamOptions } from './natsOptions.ts'
import { Nodes } from './nodes.ts'
import { RECEIPTS, type ReceiptRange, Receipts } from './receipts.ts'

/** What a node needs to be one of a cluster. */
export interface NatsClusterOptions {
  readonly nats: NatsOptions
  /** What all subjects begin with. */
  readonly prefix: string
  /** Undefined where nodes keep items themselves. */
  readonly stream: StreamOptions | undefined
  readonly clock: Clock
  readonly log: Log
  /** Where the items of this node's channels go. */
  readonly sink: ItemSink
  /** Who is held on this node. */
  readonly directory: PartDirectory
}

/** A node's place in a cluster over NATS: joins the connection, what is published, what is held, and the other nodes. */
export class NatsCluster {
  readonly bus: PublishBus
  readonly feed: ChannelFeed
  /** Who is held, on all nodes. */
  readonly directory: HoldDirectory
  readonly #options: NatsClusterOptions
  readonly #link: NatsLink
  readonly #nodes: Nodes
  readonly #stream: ItemStream | undefined
  readonly #receipts = new Receipts()

  constructor(options: NatsClusterOptions) {
    const { nats, prefix, stream: kept, clock, log, sink, directory } = options
    const receipts = this.#receipts
    this.#options = options
    const link = new NatsLink({ nats, name: prefix, clock, log })
    this.#link = link
    const stream = kept && new ItemStream(link, { prefix, options: kept, clock, log })
    this.#stream = stream
    // Before the nodes, so that all is subscribed to when others hear of this one.
    this.feed = new NatsFeed({
      link,
      sink,
      clock,
      log,
      prefix,
      receipts,
      kept: kept && stream && { stream, options: kept },
    })
    const answer = (question: string, argument: unknown): Promise<unknown> => this.#answer(question, argument)
    this.#nodes = new Nodes({ link, prefix, clock, log, answer, onRecover: () => sink.recover() })
    this.bus = new NatsBus({ link, nodes: this.#nodes, prefix, receipts, stream })
    this.directory = new MergedDirectory(() => [
      directory,
      ...this.#nodes.seats.map((peer) => peer?.directory ?? NOBODY),
    ])
  }

  /** Other nodes that are known. */
  get peerCount(): number {
    return this.#nodes.peers.length
  }

  /** Messages that the servers have sent to this node. */
  get receivedMessages(): number {
    return this.#link.connection.stats().inMsgs
  }

  /** Connects, or goes on trying. Throws NATS_UNAVAILABLE. */
  async open(): Promise<void> {
    await this.#stream?.load()
    await this.#link.open()
    // What is published first must find it; should it not be made now, that is told, and tried again.
    if (this.#link.isUp) await this.#stream?.ensure().catch(() => {})
  }

  /** Items may have been lost: on all nodes, those that follow chains or links ask their origins. */
  recover(): void {
    this.#options.sink.recover()
    this.#nodes.recover()
  }

  async close(): Promise<void> {
    this.#nodes.close()
    await this.bus.close()
  }

  async #answer(question: string, argument: unknown): Promise<unknown> {
    if (question === RECEIPTS) {
      const { from, ...range } = argument as ReceiptRange & { readonly from: string }
      return this.#receipts.take(from, range)
    }
    return answerDirectoryQuestion(this.#options.directory, question, argument)
  }
}
