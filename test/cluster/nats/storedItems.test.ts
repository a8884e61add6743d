import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { StreamOptions } from '../../../src/cluster/nats/natsOptions.ts'
import { parsePublishItem } from '../../../src/grip/publishItem.ts'
import { freePort } from '../../support/freePort.ts'
import { streamItem } from '../../support/items.ts'
import { describeNats, NatsServer } from '../../support/natsServer.ts'
import { uniqueName } from '../../support/origin.ts'
import { eventually } from '../../support/waiting.ts'
import { startNodes, type TestNode } from './testNode.ts'

const MINUTE_MS = 60_000
const NANOS_PER_MS = 1_000_000

let server: NatsServer
let operator: NatsConnection
const nodes: TestNode[] = []

async function start(
  at: NatsServer,
  { count, ...more }: { readonly count: number } & Partial<StreamOptions>,
): Promise<{ readonly name: string; readonly nodes: readonly TestNode[] }> {
  const name = uniqueName('cluster')
  const stream = { name, replicas: 1, ttlMs: MINUTE_MS, maxItems: 10, maxBytes: 1_000_000, ...more }
  const started = await startNodes(at, { prefix: name, count, stream })
  nodes.push(...started)
  return { name, nodes: started }
}

/** What an operator sees of a stream. */
async function look(name: string, connection = operator): Promise<StreamInfo> {
  return (await jetstreamManager(connection)).streams.info(name)
}

const withId = (id: string) =>
  parsePublishItem({ channel: 'x', id, formats: { 'http-stream': { content: id } } })

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.cluster.close()
})

describeNats('the stream of a cluster', () => {
  beforeAll(async () => {
    server = await NatsServer.start()
    operator = await connect({ servers: `127.0.0.1:${server.port}` })
  })

  afterAll(async () => {
    await operator.close()
    await server.stop()
  })

  it('has the limits of the history', async () => {
    const { name } = await start(server, { count: 1, ttlMs: 90_000, maxItems: 7, maxBytes: 12_345 })
    const { config } = await look(name)
    expect(config).toMatchObject({
      subjects: [`${name}.channel.*`],
      max_age: 90_000 * NANOS_PER_MS,
      duplicate_window: 90_000 * NANOS_PER_MS,
      max_msgs_per_subject: 7,
      max_bytes: 12_345,
      num_replicas: 1,
    })
  })

  it('is made to fit the configuration of the node that comes last', async () => {
    const { name } = await start(server, { count: 1 })
    const stream = { name, replicas: 1, ttlMs: 5 * MINUTE_MS, maxItems: 20, maxBytes: 1_000_000 }
    nodes.push(...(await startNodes(server, { prefix: name, count: 1, others: 1, stream })))
    expect((await look(name)).config).toMatchObject({
      max_age: 5 * MINUTE_MS * NANOS_PER_MS,
      // The servers keep ids in memory.
      duplicate_window: 2 * MINUTE_MS * NANOS_PER_MS,
      max_msgs_per_subject: 20,
    })
  })

  it('keeps an item for history_ttl', async () => {
    const { name, nodes: started } = await start(server, { count: 1, ttlMs: 300 })
    await started[0]!.cluster.bus.publish([streamItem('x', '1')])
    expect((await look(name)).state.messages).toBe(1)
    await eventually('it is gone', async () => (await look(name)).state.messages === 0)
  })

  it('has an item when its publisher is answered', async () => {
    const { name, nodes: started } = await start(server, { count: 1 })
    for (let i = 1; i <= 5; i++) {
      await started[0]!.cluster.bus.publish([streamItem('x', `${i}`)], { countsHolds: false })
      expect((await look(name)).state.messages).toBe(i)
    }
  })

  it('that is gone makes publishing fail, and is made again', async () => {
    const { name, nodes: started } = await start(server, { count: 1 })
    const { bus } = started[0]!.cluster
    await (await jetstreamManager(operator)).streams.delete(name)
    await expect(bus.publish([streamItem('x', '1')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    expect(bus.isUp).toBe(false)
    await eventually('it is made again', () => bus.isUp)
    await bus.publish([streamItem('x', '2')])
    expect((await look(name)).state.messages).toBe(1)
  })

  it('takes an item of a channel once by its id, whichever node it is published on', async () => {
    const { name, nodes: started } = await start(server, { count: 2 })
    const [a, b] = started as [TestNode, TestNode]
    for (const node of [a, b, a]) await node.cluster.bus.publish([withId('1')])
    await b.cluster.bus.publish([withId('2')])
    expect((await look(name)).state.messages).toBe(2)
  })

  it('cannot have more replicas than there are servers: the log says so, and the node is not ready', async () => {
    const { nodes: started } = await start(server, { count: 1, replicas: 3 })
    expect(started[0]!.cluster.bus.isUp).toBe(false)
    expect(started[0]!.log.lines).toContainEqual(
      expect.stringMatching(/^error the stream cannot be made, and nothing be published: .*replicas/),
    )
  })
})

describeNats('three NATS servers', () => {
  const servers: NatsServer[] = []

  beforeEach(async () => {
    const ports = [await freePort(), await freePort(), await freePort()]
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(',')
    for (const [i, port] of ports.entries()) {
      const place = ['--cluster', `nats://127.0.0.1:${port}`, '--cluster_name', 'three', '--routes', routes]
      servers.push(await NatsServer.start([...place, '--server_name', `s${i}`]))
    }
  }, 30_000)

  afterEach(async () => {
    for (const each of servers.splice(0)) await each.stop()
  })

  it('keep as many copies as nats_stream_replicas says, and lose nothing with one of them', async () => {
    const [first, , last] = servers as [NatsServer, NatsServer, NatsServer]
    const connection = await connect({ servers: `127.0.0.1:${first.port}` })
    await eventually(
      'the servers have a leader',
      () =>
        jetstreamManager(connection).then(
          async (manager) => (await manager.getAccountInfo()).streams >= 0,
          () => false,
        ),
      20_000,
    )
    const { name, nodes: started } = await start(first, { count: 1, replicas: 3 })
    const [node] = started as [TestNode]
    await node.cluster.bus.publish([withId('1')])
    const { config, cluster } = await look(name, connection)
    expect(config.num_replicas).toBe(3)
    expect(cluster?.replicas).toHaveLength(2)
    await last.kill()
    // When the one that led the stream is gone the others elect another first.
    await eventually(
      'the others go on',
      () =>
        node.cluster.bus.publish([withId('2')]).then(
          () => true,
          () => false,
        ),
      20_000,
    )
    // Who answers such questions may have to be elected, too.
    await eventually(
      'the stream has both',
      () =>
        look(name, connection).then(
          ({ state }) => state.messages === 2,
          () => false,
        ),
      20_000,
    )
    await connection.close()
  }, 60_000)
})
