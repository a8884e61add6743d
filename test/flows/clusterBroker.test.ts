import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { type ClusterNode, useCluster } from '../support/cluster.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { uniqueName } from '../support/origin.ts'
import { chained, postItems, publishCounted, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually, passTime } from '../support/waiting.ts'

const itJoins = itNeedsNats(holdfastOnly(it, 'Pushpin has no cluster'))

const readiness = async ({ flow }: ClusterNode) =>
  (await new AdminClient(flow.server).request('GET', '/readyz')).status

async function ready(nodes: readonly ClusterNode[], status: 200 | 503): Promise<void> {
  for (const node of nodes) {
    await eventually(`readiness ${status}`, async () => (await readiness(node)) === status, 10_000)
  }
}

const row = (channel: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    chained(streamItem(channel, `<${from + i}>`), `${from + i}`, `${from + i - 1}`),
  )
const text = (to: number) => Array.from({ length: to }, (_, i) => `<${i + 1}>`).join('')

describe.each([
  ['one process', 0],
  ['two workers', 2],
])('on nodes of %s,', (_name, workers) => {
  const cluster = useCluster({
    conf: {
      runner: { workers, drain_timeout: 1 },
      handler: { update_on_first_subscription: false },
      cluster: { nats_stream: 'ITEMS' },
    },
  })

  describeFlows('a NATS server', () => {
    itJoins('that is killed makes publishing fail with 503, and costs no client anything', async () => {
      const { a, b, nodes, nats } = cluster
      const channel = uniqueName('channel')
      const held = await Promise.all([a, b].map(({ flow }) => flow.heldStream({ body: '' }, { channel })))
      await a.flow.publish(...row(channel, 1, 3))
      await nats.kill()
      await ready(nodes, 503)
      const refused = await postItems(a.flow.server.controlPort, row(channel, 4, 4))
      expect(refused.status).toBe(503)
      expect(refused.header('retry-after')).toBe('2')
      await nats.restart()
      await ready(nodes, 200)
      await eventually('publishing works again', async () => {
        return (await postItems(a.flow.server.controlPort, row(channel, 4, 4))).status === 200
      })
      await b.flow.publish(...row(channel, 5, 5))
      for (const { stream } of held) expect(await stream.until('<5>')).toBe(text(5))
    })

    itJoins(
      'that is silent for ten seconds does the same',
      async () => {
        const { a, b, nodes, nats } = cluster
        const channel = uniqueName('channel')
        const held = await Promise.all([a, b].map(({ flow }) => flow.heldStream({ body: '' }, { channel })))
        await a.flow.publish(...row(channel, 1, 3))
        nats.pause()
        const silence = passTime(10_000)
        await ready(nodes, 503)
        expect((await postItems(b.flow.server.controlPort, row(channel, 4, 4))).status).toBe(503)
        await silence
        nats.resume()
        await ready(nodes, 200)
        await eventually('publishing works again', async () => {
          return (await postItems(b.flow.server.controlPort, row(channel, 4, 5))).status === 200
        })
        for (const { stream } of held) expect(await stream.until('<5>')).toBe(text(5))
      },
      40_000,
    )

    itJoins(
      'that comes back empty costs no client an item that its origin has',
      async () => {
        const { a, b, nodes, nats } = cluster
        const channel = uniqueName('channel')
        const held = await Promise.all([a, b].map(({ flow }) => flow.heldStream({ body: '' }, { channel })))
        await a.flow.publish(...row(channel, 1, 3))
        const follows = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': `${channel}; prev-id=3` } }
        const { flow } = b
        const poll = await flow.longPoll(flow.origin.answers([follows, { body: 'what the origin has' }]))
        await flow.server.subscribed(channel, 2)
        await nats.kill()
        await ready(nodes, 503)
        await nats.restartEmpty()
        await ready(nodes, 200)
        expect((await poll.answer()).text).toBe('what the origin has')
        await eventually('publishing works again', async () => {
          return (await postItems(a.flow.server.controlPort, row(channel, 4, 5))).status === 200
        })
        for (const { stream } of held) expect(await stream.until('<5>')).toBe(text(5))
      },
      40_000,
    )

    itJoins('keeps what a client missed that comes back to another node', async () => {
      const { a, b } = cluster
      const channel = uniqueName('channel')
      await a.flow.publish(...row(channel, 1, 5))
      const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `${channel}; prev-id=2` }
      const stream = await b.flow.openStream(b.flow.origin.answer({ headers, body: '' }))
      expect(await stream.until('<5>')).toBe('<3><4><5>')
      await eventually('both know each other', async () => {
        const [outcome] = await publishCounted(a.flow.server.controlPort, row(channel, 6, 6))
        return outcome?.holds !== undefined
      })
      expect(await stream.until('<6>')).toBe('<3><4><5><6>')
    })
  })
})
