import type { ChannelFeed, PublishBus } from '../../edges/bus.ts'
import type { Clock } from '../../edges/clock.ts'
import type { HoldDirectory } from '../../edges/directory.ts'
import type { Log } from '../../edges/log.ts'
import type { NodeAnswer, NodeFacts } from '../nodeAnswer.ts'
import { MergedDirectory, NOBODY, type PartDirectory } from '../workers/mergedDirectory.ts'
import { answerDirectoryQuestion } from '../workers/remoteDirectory.ts'
import type { ItemSink } from './itemSink.ts'
import { ItemStream } from './itemStream.ts'
import { NamedDirectory } from './namedDirectory.ts'
import { NatsBus } from './natsBus.ts'
import { NatsFeed } from './natsFeed.ts'
import { NatsLink } from './natsLink.ts'
import type { NatsOptions, StreamOptions } from './natsOptions.ts'
import { Nodes, type Peer } from './nodes.ts'
import { RECEIPTS, type ReceiptRange, Receipts } from './receipts.ts'

/** What a node needs to be one of a cluster. */
export interface NatsClusterOptions {
  readonly nats: NatsOptions
  /** What all subjects begin with. */
  readonly prefix: string
  /** What people call this node. */
  readonly name: string
  /** Undefined where nodes keep items themselves. */
  readonly stream: StreamOptions | undefined
  readonly clock: Clock
  readonly log: Log
  /** Where the items of this node's channels go. */
  readonly sink: ItemSink
  /** Who is held on this node. */
  readonly directory: PartDirectory
  /** What is told of this node. */
  readonly facts: NodeFacts
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
  /** Who is held on this node. */
  readonly #own: PartDirectory

  constructor(options: NatsClusterOptions) {
    const { nats, prefix, name, stream: kept, clock, log, sink } = options
    const receipts = this.#receipts
    this.#options = options
    const link = new NatsLink({ nats, name: prefix, clock, log })
    this.#link = link
    this.#own = new NamedDirectory(options.directory, { name, maxMessageBytes: () => link.maxMessageBytes })
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
    this.#nodes = new Nodes({ link, prefix, name, clock, log, answer, onRecover: () => sink.recover() })
    this.bus = new NatsBus({ link, nodes: this.#nodes, prefix, receipts, stream })
    this.directory = new MergedDirectory(() => [
      this.#own,
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

  /** Asks this node and all others about themselves, in the order of their names; none is waited for longer than a bound. */
  async askNodes(question: keyof NodeFacts): Promise<readonly NodeAnswer[]> {
    const { name, facts } = this.#options
    const own = facts[question]().then((answer) => ({ id: this.#nodes.id, name, isSelf: true, answer }))
    const others = this.#nodes.known.map((peer) => this.#askNode(peer, question))
    const answers = await Promise.all([own, ...others])
    return answers.sort((a, b) => (a.name + a.id < b.name + b.id ? -1 : 1))
  }

  async #askNode({ id, name, state }: Peer, question: keyof NodeFacts): Promise<NodeAnswer> {
    const asked = state === 'there' ? this.#nodes.ask(id, FACTS_PREFIX + question, undefined) : undefined
    // Whoever asked is told that there is no answer.
    return { id, name, isSelf: false, answer: await asked?.catch(() => undefined) }
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
    if (question.startsWith(FACTS_PREFIX)) {
      return this.#options.facts[question.slice(FACTS_PREFIX.length) as keyof NodeFacts]()
    }
    return answerDirectoryQuestion(this.#own, question, argument)
  }
}

const FACTS_PREFIX = 'facts.'
