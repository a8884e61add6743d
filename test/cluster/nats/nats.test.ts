import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { HoldfastError } from '../../../src/errors.ts'
import { type PublishItem, parsePublishItem } from '../../../src/grip/publishItem.ts'
import { describePublishBus } from '../../contracts/publishBusContract.ts'
import { RecordingHold, requestsOf } from '../../hub/support.ts'
import { streamItem } from '../../support/items.ts'
import { describeNats, NatsServer } from '../../support/natsServer.ts'
import { uniqueName } from '../../support/origin.ts'
import { eventually } from '../../support/waiting.ts'
import { startNodes, TestNode } from './testNode.ts'

let server: NatsServer
const nodes: TestNode[] = []

async function start(count: number, prefix = uniqueName('cluster')): Promise<TestNode[]> {
  const started = await startNodes(server, { prefix, count })
  nodes.push(...started)
  return started
}

async function pair(): Promise<[TestNode, TestNode]> {
  const [a, b] = await start(2)
  return [a!, b!]
}

const numbered = (channel: string, count: number) =>
  Array.from({ length: count }, (_, i) => streamItem(channel, `${i}`))

describeNats('a cluster over NATS', () => {
  beforeAll(async () => {
    server = await NatsServer.start()
  })

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.cluster.close()
  })

  afterAll(() => server.stop())

  describePublishBus('NatsBus, on one node', async () => {
    const [node] = await start(1)
    const { bus, feed } = node!.cluster
    return { bus, feed, hub: node!.hub, settle: () => node!.hub.flush() }
  })

  describePublishBus('NatsBus, with the holds on another node', async () => {
    const [a, b] = await pair()
    const close = async (): Promise<void> => {
      await a.cluster.bus.close()
      await b.cluster.bus.close()
      b.hub.flush()
    }
    const bus = { isUp: true, publish: a.cluster.bus.publish.bind(a.cluster.bus), close }
    return { bus, feed: b.cluster.feed, hub: b.hub, settle: () => b.hub.flush() }
  })

  it('an item reaches the holds of all nodes once, and the answer is their sum', async () => {
    const [a, b, c] = (await start(3)) as [TestNode, TestNode, TestNode]
    const held = [await a.hold('x'), await a.hold('x'), await b.hold('x'), await c.hold('y')]
    expect(await a.cluster.bus.publish([streamItem('x', '1'), streamItem('y', '2')])).toEqual([
      { holds: 3 },
      { holds: 1 },
    ])
    for (const node of [a, b, c]) node.hub.flush()
    expect(held.map(({ received }) => received)).toEqual([['1'], ['1'], ['1'], ['2']])
  })

  it('keeps the order in which each node publishes on a channel', async () => {
    const [a, b] = await pair()
    const holds = [await a.hold('x'), await b.hold('x')]
    const items = numbered('x', 300)
    for (let i = 0; i < 300; i += 30)
      await a.cluster.bus.publish(items.slice(i, i + 30), { countsHolds: false })
    await a.cluster.bus.publish([streamItem('x', 'end')])
    for (const node of [a, b]) node.hub.flush()
    for (const { received } of holds) expect(received).toEqual([...items.map((_, i) => `${i}`), 'end'])
  })

  it('takes channels whose names are of any characters, and of any length', async () => {
    const [a, b] = await pair()
    const names = [
      'a.b',
      'a.*',
      '>',
      ' ',
      '\r\n',
      '~',
      '%2E',
      'é\u{1F600}',
      '\0',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
    ]
    const holds = await Promise.all(names.map((name) => b.hold(name)))
    const outcomes = await a.cluster.bus.publish(names.map((name) => streamItem(name, name)))
    expect(outcomes.map(({ holds }) => holds)).toEqual(names.map(() => 1))
    b.hub.flush()
    expect(holds.map(({ received }) => received)).toEqual(names.map((name) => [name]))
  })

  it('an item that is published on two nodes is delivered once', async () => {
    const [a, b] = await pair()
    const hold = await b.hold('x')
    const item = parsePublishItem({ channel: 'x', id: '1', formats: { 'http-stream': { content: '1' } } })
    expect(await a.cluster.bus.publish([item])).toEqual([{ holds: 1 }])
    expect(await b.cluster.bus.publish([item])).toEqual([{ holds: 0 }])
    b.hub.flush()
    expect(hold.received).toEqual(['1'])
  })

  it('a node gets only items of channels that it holds', async () => {
    const [a, b] = await pair()
    const before = b.cluster.receivedMessages
    const hold = await b.hold('held')
    await a.cluster.bus.publish(numbered('other', 100), { countsHolds: false })
    await a.cluster.bus.publish([streamItem('held', 'x')])
    b.hub.flush()
    expect(hold.received).toEqual(['x'])
    expect(b.cluster.receivedMessages - before).toBeLessThan(20)
  })

  it('a channel that nobody holds any more is left, and what was known of it forgotten', async () => {
    const [a, b] = await pair()
    const publish = async (id: string, prevId: string): Promise<number> => {
      const formats = { 'http-stream': { content: id } }
      const [outcome] = await a.cluster.bus.publish([
        parsePublishItem({ channel: 'x', id, 'prev-id': prevId, formats }),
      ])
      return outcome!.holds
    }
    const subscriptions = await new Promise<ReturnType<typeof b.hub.subscribe>>((resolve) => {
      b.cluster.feed.open(['x'], () => resolve(b.hub.subscribe(new RecordingHold(), requestsOf('x'))))
    })
    expect(await publish('1', '0')).toBe(1)
    b.hub.unsubscribe(subscriptions.subscriptions)
    expect(await publish('2', '1')).toBe(0)
    await b.hold('x')
    expect(b.hub.isBehind([{ name: 'x', prevId: '1', filters: [] }])).toBe(false)
    expect(await publish('3', '2')).toBe(1)
  })

  it('an item that is larger than the servers take is refused with its channel and size, and none of its call is published', async () => {
    const [a] = await pair()
    const hold = await a.hold('x', 'large')
    const large = streamItem('large', 'y'.repeat(1_100_000))
    await expect(a.cluster.bus.publish([streamItem('x', '1'), large])).rejects.toMatchObject({
      code: 'ITEM_TOO_LARGE',
      message: expect.stringMatching(/^an item of channel "large" has 1100\d{3} bytes .* take 1048576$/),
    })
    await a.cluster.bus.publish([streamItem('x', '2')])
    a.hub.flush()
    expect(hold.received).toEqual(['2'])
  })

  it('an item that is too large is the only one that is missing, for a caller that is told of it', async () => {
    const [a, b] = await pair()
    const hold = await b.hold('x', 'large')
    const refused: string[] = []
    const items = [streamItem('x', '1'), streamItem('large', 'y'.repeat(1_100_000)), streamItem('x', '2')]
    const onRefused = (item: PublishItem, { code }: HoldfastError): void => {
      refused.push(`${item.channel} ${code}`)
    }
    expect(await a.cluster.bus.publish(items, { onRefused })).toEqual([
      { holds: 1 },
      { holds: 0 },
      { holds: 1 },
    ])
    expect(refused).toEqual(['large ITEM_TOO_LARGE'])
    b.hub.flush()
    expect(hold.received).toEqual(['1', '2'])
  })

  it('a listing of another node that is larger than the servers take comes in more pages than one', async () => {
    const [a, b] = await pair()
    const names = Array.from({ length: 30 }, (_, i) => `${i}${'x'.repeat(40_000)}`)
    await b.hold(...names)
    const listed: string[] = []
    let cursor: string | undefined
    do {
      const page = await a.cluster.directory.channels({ prefix: '' }, { limit: 100, cursor })
      expect(page.missing).toBeUndefined()
      listed.push(...page.items.map(({ name }) => name))
      cursor = page.next
    } while (cursor !== undefined)
    expect(listed.sort()).toEqual(names.sort())
    expect(await b.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 0 }])
  })

  it('a recovery that is asked for on one node is made on all', async () => {
    const [a, b] = await pair()
    const before = [a.recoveries, b.recoveries]
    a.cluster.recover()
    await eventually('the other node recovers', () => b.recoveries > before[1]!)
    expect([a.recoveries, b.recoveries]).toEqual(before.map((count) => count + 1))
  })

  it('nodes with another prefix are another cluster', async () => {
    const [a] = await start(1)
    const [b] = await start(1)
    const hold = await b!.hold('x')
    expect(await a!.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 0 }])
    expect(hold.received).toEqual([])
  })

  it('a node that is closed is left out of answers at once', async () => {
    const [a, b] = await pair()
    await b.hold('x')
    await b.cluster.close()
    expect(await a.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 0 }])
    await a.knows(0)
  })
})

describeNats('a NATS server that comes and goes', () => {
  const unavailable = expect.objectContaining({ code: 'BUS_UNAVAILABLE' }) as HoldfastError

  beforeAll(async () => {
    server = await NatsServer.start()
  })

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.cluster.close()
  })

  afterAll(() => server.stop())

  async function broken(node: TestNode): Promise<void> {
    await eventually('the node knows', () => !node.cluster.bus.isUp, 8000)
    await expect(node.cluster.bus.publish([streamItem('x', 'lost')])).rejects.toEqual(unavailable)
  }

  async function mended(all: readonly TestNode[], sinceMs: number): Promise<void> {
    await eventually('all are connected again', () => all.every(({ cluster }) => cluster.bus.isUp))
    expect(Date.now() - sinceMs).toBeLessThan(2000)
    for (const node of all) await node.knows(all.length - 1)
  }

  it('that is killed stops publishing, and holds are served and resynced within two seconds of its return', async () => {
    const [a, b] = await pair()
    const hold = await b.hold('x')
    const before = b.recoveries
    await server.kill()
    await broken(a)
    const late = await b.hold('late')
    await server.restart()
    await mended([a, b], Date.now())
    await eventually('the resync', () => b.recoveries === before + 1)
    expect(await a.cluster.bus.publish([streamItem('x', '1'), streamItem('late', '2')])).toEqual([
      { holds: 1 },
      { holds: 1 },
    ])
    b.hub.flush()
    expect([hold.received, late.received]).toEqual([['1'], ['2']])
  })

  it('that is silent is noticed by its missing answers', async () => {
    const [a, b] = await pair()
    const hold = await b.hold('x')
    server.pause()
    const pausedMs = Date.now()
    await broken(a)
    expect(Date.now() - pausedMs).toBeLessThan(5000)
    await broken(b)
    server.resume()
    await mended([a, b], Date.now())
    expect(await a.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 1 }])
    b.hub.flush()
    expect(hold.received).toEqual(['1'])
  })

  it('that is not there when a node starts is waited for', async () => {
    await server.kill()
    const node = new TestNode(server, uniqueName('cluster'))
    nodes.push(node)
    await node.cluster.open()
    expect(node.cluster.bus.isUp).toBe(false)
    const hold = await node.hold('x')
    await server.restart()
    await mended([node], Date.now())
    expect(await node.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 1 }])
    node.hub.flush()
    expect(hold.received).toEqual(['1'])
  })
})

describeNats('a node that is cut off from the NATS server', () => {
  it('refuses what is published there, while others go on, and is joined again when the network is mended', async () => {
    const own = await NatsServer.start()
    const proxy = await own.proxy()
    const prefix = uniqueName('cluster')
    const [a] = (await startNodes(own, { prefix, count: 1 })) as [TestNode]
    const [b] = (await startNodes(own, { prefix, count: 1, others: 1, address: proxy.address })) as [TestNode]
    const [here, there] = [await a.hold('x'), await b.hold('x')]
    proxy.cut()
    await eventually('the node knows', () => !b.cluster.bus.isUp, 8000)
    await expect(b.cluster.bus.publish([streamItem('x', 'lost')])).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE',
    })
    expect(await a.cluster.bus.publish([streamItem('x', '1')])).toEqual([{ holds: 1 }])
    await proxy.mend()
    await eventually('the resync', () => b.recoveries > 0 && b.cluster.bus.isUp)
    await b.knows(1)
    await a.knows(1)
    expect(await b.cluster.bus.publish([streamItem('x', '2')])).toEqual([{ holds: 2 }])
    for (const node of [a, b]) node.hub.flush()
    expect([here.received, there.received]).toEqual([['1', '2'], ['2']])
    for (const node of [a, b]) await node.cluster.close()
    await proxy.close()
    await own.stop()
  })
})
