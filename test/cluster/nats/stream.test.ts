import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { ItemStream } from '../../../src/cluster/nats/itemStream.ts'
import type { StreamOptions } from '../../../src/cluster/nats/natsOptions.ts'
import { parsePublishItem } from '../../../src/grip/publishItem.ts'
import { describePublishBus } from '../../contracts/publishBusContract.ts'
import { RecordingHold } from '../../hub/support.ts'
import { streamItem } from '../../support/items.ts'
import { describeNats, NatsServer } from '../../support/natsServer.ts'
import { uniqueName } from '../../support/origin.ts'
import { eventually } from '../../support/waiting.ts'
import { startNodes, type TestNode } from './testNode.ts'

let server: NatsServer
const nodes: TestNode[] = []

async function start(more: Partial<StreamOptions> = {}): Promise<[TestNode, TestNode]> {
  const prefix = uniqueName('cluster')
  const stream = { name: prefix, replicas: 1, ttlMs: 60_000, maxItems: 100, maxBytes: 10_000_000, ...more }
  const [a, b] = await startNodes(server, { prefix, count: 2, stream })
  nodes.push(a!, b!)
  return [a!, b!]
}

const linked = (channel: string, number: number) =>
  parsePublishItem({
    channel,
    id: `${number}`,
    'prev-id': `${number - 1}`,
    formats: { 'http-stream': { content: `${number}` } },
  })

/** Subscribes after the item with that id; answers what is given from history. */
function follow(
  node: TestNode,
  channel: string,
  prevId: string,
): Promise<{ hold: RecordingHold; missed: string[] }> {
  const hold = new RecordingHold()
  return new Promise((resolve) => {
    node.cluster.feed.open([channel], () => {
      const { missed } = node.hub.subscribe(hold, [{ name: channel, prevId, filters: [] }])
      resolve({ hold, missed: missed.flatMap(({ batch }) => batch.items.map(({ id }) => id ?? '')) })
    })
  })
}

/** What waits until a test lets it go on. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describeNats('a cluster with a stream', () => {
  beforeAll(async () => {
    server = await NatsServer.start()
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    server.resume()
    for (const node of nodes.splice(0)) await node.cluster.close()
  })

  afterAll(() => server.stop())

  describePublishBus('NatsBus with JetStream', async () => {
    const [a, b] = await start()
    const close = async (): Promise<void> => {
      await a.cluster.bus.close()
      b.hub.flush()
    }
    const bus = { isUp: true, publish: a.cluster.bus.publish.bind(a.cluster.bus), close }
    return { bus, feed: b.cluster.feed, hub: b.hub, settle: () => b.hub.flush() }
  })

  it('gives a hold on any node what was published before anybody held the channel there', async () => {
    const [a, b] = await start()
    for (let i = 1; i <= 5; i++) await a.cluster.bus.publish([linked('x', i)])
    const { hold, missed } = await follow(b, 'x', '2')
    expect(missed).toEqual(['3', '4', '5'])
    expect(await a.cluster.bus.publish([linked('x', 6)])).toEqual([{ holds: 1 }])
    b.hub.flush()
    expect(hold.received).toEqual(['6'])
  })

  it('loses and doubles nothing that is published while a channel is opened', async () => {
    const [a, b] = await start({ maxItems: 1000 })
    const publishing = (async () => {
      for (let i = 1; i <= 300; i++) await a.cluster.bus.publish([linked('x', i)], { countsHolds: false })
    })()
    const holds: { hold: RecordingHold; missed: string[] }[] = []
    for (let i = 0; i < 10; i++) {
      await a.cluster.bus.publish([streamItem('y', `${i}`)])
      holds.push(await follow(b, 'x', '1'))
    }
    await publishing
    await eventually('the last one', () => {
      b.hub.flush()
      return holds.every(({ hold, missed }) => [...missed, ...hold.received].at(-1) === '300')
    })
    const all = Array.from({ length: 299 }, (_, i) => `${i + 2}`)
    for (const { hold, missed } of holds) expect([...missed, ...hold.received]).toEqual(all)
  })

  it('drops an item that is published again with its id, on another node', async () => {
    const [a, b] = await start()
    const hold = await b.hold('x')
    await a.cluster.bus.publish([linked('x', 1)])
    await b.cluster.bus.publish([linked('x', 1)])
    await a.cluster.bus.publish([linked('x', 2)])
    b.hub.flush()
    expect(hold.received).toEqual(['1', '2'])
  })

  it('lets a node that lost the link catch up from where it was, without asking origins', async () => {
    const proxy = await server.proxy()
    const prefix = uniqueName('cluster')
    const stream = { name: prefix, replicas: 1, ttlMs: 60_000, maxItems: 100, maxBytes: 10_000_000 }
    const [a] = await startNodes(server, { prefix, count: 1, stream })
    const [b] = await startNodes(server, { prefix, count: 1, stream, address: proxy.address, others: 1 })
    nodes.push(a!, b!)
    const hold = await b!.hold('x', 'quiet')
    const before = b!.recoveries
    await a!.cluster.bus.publish([linked('x', 1), streamItem('x', 'no id')])
    proxy.cut()
    await eventually('the node knows', () => !b!.cluster.bus.isUp, 8000)
    await a!.cluster.bus.publish([linked('x', 2), streamItem('x', 'nor this'), linked('x', 3)])
    await proxy.mend()
    await eventually('the missed items', () => {
      b!.hub.flush()
      return hold.received.includes('3')
    })
    await a!.cluster.bus.publish([linked('x', 4)])
    b!.hub.flush()
    expect(hold.received).toEqual(['1', 'no id', '2', 'nor this', '3', '4'])
    expect(b!.recoveries).toBe(before)
    await proxy.close()
  })

  it('doubles nothing on a channel that is opened while the node catches up', async () => {
    const { ensure, read } = ItemStream.prototype
    const [ensured, hasRead] = [gate(), gate()]
    const streams: ItemStream[] = []
    vi.spyOn(ItemStream.prototype, 'ensure').mockImplementation(async function (this: ItemStream) {
      const isOther = await ensure.call(this)
      // The first one is that of the start; the second begins the catching up.
      if (streams.push(this) > 1) await ensured.opened
      return isOther
    })
    const prefix = uniqueName('cluster')
    const stream = { name: prefix, replicas: 1, ttlMs: 60_000, maxItems: 100, maxBytes: 10_000_000 }
    const [node] = await startNodes(server, { prefix, count: 1, stream })
    nodes.push(node!)
    await eventually('the catching up', () => streams.length === 2)
    const hold = await node!.hold('x')
    await node!.cluster.bus.publish([streamItem('x', '1')])
    const stored = await read.call(streams[0]!, 'x')
    vi.spyOn(ItemStream.prototype, 'read').mockImplementation(() => hasRead.opened.then(() => stored))
    ensured.open()
    await node!.cluster.bus.publish([streamItem('x', '2')])
    hasRead.open()
    await node!.cluster.bus.publish([streamItem('x', '3')])
    node!.hub.flush()
    expect(hold.received).toEqual(['1', '2', '3'])
  })

  it('takes the largest item that the servers take, and refuses the next one with its size', async () => {
    const [a, b] = await start({ maxBytes: 100_000_000 })
    const hold = await b.hold('x')
    // What stands before the content of an item, measured by one that is refused.
    const sizeOf = (length: number) => streamItem('x', 'y'.repeat(length))
    const refused = await a.cluster.bus.publish([sizeOf(1_100_000)]).catch((error: Error) => error.message)
    const [bytes = 0, taken = 0] =
      String(refused)
        .match(/\d{6,}/g)
        ?.map(Number) ?? []
    const largest = 1_100_000 - (bytes - taken)
    expect(await a.cluster.bus.publish([sizeOf(largest)])).toEqual([{ holds: 1 }])
    await expect(a.cluster.bus.publish([sizeOf(largest + 1)])).rejects.toMatchObject({
      code: 'ITEM_TOO_LARGE',
    })
    b.hub.flush()
    expect(hold.received.map(({ length }) => length)).toEqual([largest])
  })

  it('resyncs holds by their origins when the servers come back empty', async () => {
    const [a, b] = await start()
    const hold = await b.hold('x')
    await a.cluster.bus.publish([linked('x', 1)])
    const before = b.recoveries
    await server.kill()
    await eventually('the nodes know', () => !a.cluster.bus.isUp && !b.cluster.bus.isUp, 8000)
    await expect(a.cluster.bus.publish([linked('x', 2)])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await server.restartEmpty()
    await eventually('the resync', () => b.recoveries > before)
    await eventually('the stream takes items', () =>
      a.cluster.bus.publish([linked('x', 2)]).then(
        () => true,
        () => false,
      ),
    )
    b.hub.flush()
    expect(hold.received).toEqual(['1', '2'])
  })
})
