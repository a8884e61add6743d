import { afterAll, beforeAll } from 'vitest'
import type { ConfSections } from './confFile.ts'
import { Flow } from './flow.ts'
import { NatsServer } from './natsServer.ts'
import { untilJoined } from './nodePair.ts'
import { startOrigin } from './origin.ts'
import { startTarget } from './target.ts'
import { SocketFlow } from './webSocket/socketFlow.ts'
import { startSocketOrigin } from './webSocket/socketOrigin.ts'

export interface ClusterOptions {
  /** Overrides of every node's pushpin.conf. */
  readonly conf?: ConfSections
  readonly size?: number
  /** The NATS address that a node uses, where it is not the server's own. */
  readonly addressFor?: (node: number, server: NatsServer) => string | Promise<string>
}

/** A node of a cluster under test. */
export interface ClusterNode {
  /** Its clients by HTTP. */
  readonly flow: Flow
  /** Its clients by WebSocket, below `/native`. */
  readonly sockets: SocketFlow
}

/** Nodes joined by a NATS server, called `node-1` and so on, in front of the same origins. */
export class TestCluster {
  nats!: NatsServer
  nodes: ClusterNode[] = []

  get a(): ClusterNode {
    return this.nodes[0]!
  }

  get b(): ClusterNode {
    return this.nodes[1]!
  }

  async start({ conf = {}, size = 2, addressFor }: ClusterOptions): Promise<void> {
    this.nats = await NatsServer.start()
    const [origin, socketOrigin] = [await startOrigin(), await startSocketOrigin()]
    const routes = [`* ${origin.address}`, `*,path_beg=/native ${socketOrigin.address}`]
    for (let i = 0; i < size; i++) {
      const address = (await addressFor?.(i, this.nats)) ?? this.nats.address
      const server = await startTarget({
        routes,
        conf: {
          ...conf,
          cluster: { nats_servers: address, node_name: `node-${i + 1}`, ...conf['cluster'] },
        },
      })
      const [flow, sockets] = [new Flow(), new SocketFlow()]
      Object.assign(flow, { server, origin })
      Object.assign(sockets, { server, origin: socketOrigin })
      this.nodes.push({ flow, sockets })
    }
    await this.joined()
  }

  /** Waits until each node knows of all others. */
  joined(): Promise<void> {
    return untilJoined(this.nodes.map(({ flow }) => flow.server))
  }

  async stop(): Promise<void> {
    for (const { flow } of this.nodes) await flow.server.stop()
    await this.nodes[0]?.flow.origin.stop()
    await this.nodes[0]?.sockets.origin.stop()
    await this.nats?.stop()
  }
}

/** Starts a cluster before the tests of a suite, and ends it after them. */
export function useCluster(options: ClusterOptions = {}): TestCluster {
  const cluster = new TestCluster()
  beforeAll(() => cluster.start(options), 30_000)
  afterAll(() => cluster.stop(), 30_000)
  return cluster
}
