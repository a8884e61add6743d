import { hostname } from 'node:os'
import { localFeed } from '../cluster/localFeed.ts'
import type { ItemSink } from '../cluster/nats/itemSink.ts'
import { NatsCluster } from '../cluster/nats/natsCluster.ts'
import type { NatsOptions, StreamOptions } from '../cluster/nats/natsOptions.ts'
import type { NodeAnswer, NodeFacts } from '../cluster/nodeAnswer.ts'
import type { PartDirectory } from '../cluster/workers/mergedDirectory.ts'
import type { Config } from '../config/config.ts'
import type { ChannelFeed, PublishBus } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { HoldDirectory } from '../edges/directory.ts'
import type { Log } from '../edges/log.ts'

/** What the way of items begins and ends with on this node. */
export interface PublishPathParts {
  readonly clock: Clock
  readonly log: Log
  /** Publishes to this node alone. */
  readonly localBus: PublishBus
  /** Where the items go that others publish. */
  readonly sink: ItemSink
  /** Who is held on this node. */
  readonly localDirectory: PartDirectory
  /** What is told of this node. */
  readonly facts: NodeFacts
}

/** How items get from publishers to hubs, and who is held where they get: this node, or a cluster. */
export interface PublishPath {
  readonly bus: PublishBus
  readonly feed: ChannelFeed
  readonly directory: HoldDirectory
  /** Asks all nodes about themselves, this one alone where there is no cluster; those that do not answer soon are told, too. */
  askNodes(question: keyof NodeFacts): Promise<readonly NodeAnswer[]>
  /** Items may have been lost: all that follow chains or links ask their origins. */
  recover(): void
  /** Throws NATS_UNAVAILABLE. */
  open(): Promise<void>
  close(): Promise<void>
}

/** Builds the way of items that the configuration asks for. */
export function createPublishPath(config: Config, parts: PublishPathParts): PublishPath {
  const { natsServers } = config.cluster
  return natsServers.length === 0 ? localPath(config, parts) : clusterPath(config, parts)
}

function localPath(config: Config, parts: PublishPathParts): PublishPath {
  const { localBus: bus, sink, localDirectory: directory, facts } = parts
  const name = nameOf(config)
  return {
    bus,
    feed: localFeed,
    directory,
    askNodes: async (question) => [{ id: name, name, isSelf: true, answer: await facts[question]() }],
    recover: () => sink.recover(),
    open: async () => {},
    close: () => bus.close(),
  }
}

function clusterPath(config: Config, parts: PublishPathParts): PublishPath {
  const { clock, log, sink, localBus, localDirectory: directory, facts } = parts
  const prefix = config.cluster.natsSubjectPrefix
  const cluster = new NatsCluster({
    nats: natsOptions(config),
    stream: streamOptions(config),
    prefix,
    name: nameOf(config),
    clock,
    log,
    sink,
    directory,
    facts,
  })
  return {
    bus: cluster.bus,
    feed: cluster.feed,
    directory: cluster.directory,
    askNodes: (question) => cluster.askNodes(question),
    recover: () => cluster.recover(),
    open: () => cluster.open(),
    close: async () => {
      await cluster.close()
      await localBus.close()
    },
  }
}

/** A host name may have any characters; it is for people. */
function nameOf({ cluster }: Config): string {
  return cluster.nodeName ?? hostname()
}

function streamOptions({ cluster, handler }: Config): StreamOptions | undefined {
  if (cluster.natsStream === undefined) return undefined
  return {
    name: cluster.natsStream,
    replicas: cluster.natsStreamReplicas,
    ttlMs: handler.historyTtlSeconds * 1000,
    maxItems: handler.historySize,
    maxBytes: handler.historyMaxBytes,
  }
}

function natsOptions({ cluster }: Config): NatsOptions {
  return {
    servers: cluster.natsServers,
    user: cluster.natsUser,
    password: cluster.natsPassword,
    token: cluster.natsToken,
    credsFile: cluster.natsCreds,
    nkeyFile: cluster.natsNkey,
    tlsCaFile: cluster.natsTlsCa,
    tlsCertFile: cluster.natsTlsCert,
    tlsKeyFile: cluster.natsTlsKey,
  }
}
