import { LocalDirectory } from '../../../src/cluster/localDirectory.ts'
import type { ItemSink } from '../../../src/cluster/nats/itemSink.ts'
import { NatsCluster } from '../../../src/cluster/nats/natsCluster.ts'
import type { NatsOptions, StreamOptions } from '../../../src/cluster/nats/natsOptions.ts'
import { Hub } from '../../../src/hub/hub.ts'
import { Sequencer } from '../../../src/hub/sequencer.ts'
import { createStats } from '../../../src/stats/stats.ts'
import { systemClock } from '../../../src/systemClock.ts'
import { createTestHistory, RecordingHold, requestsOf } from '../../hub/support.ts'
import { LinesLog } from '../../support/linesLog.ts'
import type { NatsServer } from '../../support/natsServer.ts'
import { eventually } from '../../support/waiting.ts'

/** What a test's node connects with, where it is not the server of all. */
export interface NodeOptions {
  readonly address?: string
  /** What it shows to the servers. */
  readonly shown?: Partial<NatsOptions>
  readonly stream?: StreamOptions
  /** What it is called; by default as all others. */
  readonly name?: string
}

/** A node of a cluster without clients: a hub that its test subscribes to. */
export class TestNode {
  readonly log = new LinesLog()
  readonly hub: Hub
  readonly cluster: NatsCluster
  recoveries = 0

  constructor(server: NatsServer, prefix: string, options: NodeOptions = {}) {
    const { counters, connections } = createStats('test')
    const [clock, log] = [systemClock, this.log]
    this.hub = new Hub({
      clock,
      log,
      counters,
      rateLimit: undefined,
      sequencer: new Sequencer({ messageWaitMs: 1000, idCacheTtlMs: 60_000 }),
      history: createTestHistory(),
      lingerMs: 0,
      updatesOnFirstSubscription: false,
    })
    this.cluster = new NatsCluster({
      nats: {
        servers: [options.address ?? server.address],
        user: undefined,
        password: undefined,
        token: undefined,
        credsFile: undefined,
        nkeyFile: undefined,
        tlsCaFile: undefined,
        tlsCertFile: undefined,
        tlsKeyFile: undefined,
        ...options.shown,
      },
      prefix,
      name: options.name ?? 'node',
      stream: options.stream,
      clock,
      log,
      sink: this.#sink(),
      directory: new LocalDirectory({ hub: this.hub, connections, clock }),
      facts: { status: async () => ({ of: options.name }), errors: async () => [] },
    })
  }

  /** Waits until the node knows of so many others. */
  async knows(count: number): Promise<void> {
    await eventually(`${count} other nodes`, () => this.cluster.peerCount === count)
  }

  /** Subscribes a hold when the channels are open. */
  hold(...channels: string[]): Promise<RecordingHold> {
    const hold = new RecordingHold()
    return new Promise((resolve) => {
      this.cluster.feed.open(channels, () => {
        this.hub.subscribe(hold, requestsOf(...channels))
        resolve(hold)
      })
    })
  }

  #sink(): ItemSink {
    const { hub } = this
    return {
      deliver: (item) => hub.deliver(item),
      isHeld: (channel) => hub.isHeld(channel),
      restore: (channel, snapshot) => hub.restore(channel, snapshot),
      observe: (observer) => hub.observe(observer),
      recover: () => {
        this.recoveries++
        hub.recover()
      },
    }
  }
}

export interface NodesOptions extends NodeOptions {
  readonly prefix: string
  readonly count: number
  /** Nodes that were started before. */
  readonly others?: number
}

/** Starts nodes that are to know each other. */
export async function startNodes(
  server: NatsServer,
  { prefix, count, others = 0, ...options }: NodesOptions,
): Promise<TestNode[]> {
  const nodes = Array.from({ length: count }, () => new TestNode(server, prefix, options))
  for (const node of nodes) await node.cluster.open()
  for (const node of nodes) await node.knows(others + count - 1)
  return nodes
}
