import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { useCluster } from '../support/cluster.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { uniqueName } from '../support/origin.ts'
import { chained, publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { socketItem } from '../support/webSocket/socketFlow.ts'

const itJoins = itNeedsNats(holdfastOnly(it, 'Pushpin has no cluster'))

describe.each([0, 2])('with %i workers on each node,', (workers) => {
  const cluster = useCluster({
    conf: { runner: { workers, drain_timeout: 1 }, handler: { update_on_first_subscription: false } },
  })

  describeFlows('what is published on one node of a cluster', () => {
    itJoins(
      'reaches streams, long polls and WebSockets on all nodes, and the answer is their number',
      async () => {
        const { a, b } = cluster
        const channel = uniqueName('channel')
        const streams = [a, b, b].map(({ flow }) => flow.heldStream({ body: 'hello\n' }, { channel }))
        const held = await Promise.all(streams)
        const { poll } = await b.flow.heldPoll({}, { channel })
        const { client, channel: other } = await b.sockets.subscribed('native')
        const items = [
          streamItem(channel, 'news\n'),
          responseItem(channel, 'news'),
          socketItem(other, { content: 'news' }),
        ]
        expect(await publishCounted(a.flow.server.controlPort, items)).toMatchObject([
          { holds: 3 },
          { holds: 1 },
          { holds: 1 },
        ])
        for (const { stream } of held) expect(await stream.until('news\n')).toBe('hello\nnews\n')
        expect((await poll.answer()).text).toBe('news')
        await client.hears('text news')
      },
    )

    itJoins('comes in the order of the chain, whichever nodes its items are published on', async () => {
      const { a, b } = cluster
      const channel = uniqueName('channel')
      const held = await Promise.all([a, b].map(({ flow }) => flow.heldStream({ body: '' }, { channel })))
      for (let i = 1; i <= 100; i++) {
        const item = chained(streamItem(channel, `<${i}>`), `${i}`, `${i - 1}`)
        await (i % 2 === 0 ? a : b).flow.publish(item)
      }
      const expected = Array.from({ length: 100 }, (_, i) => `<${i + 1}>`).join('')
      for (const { stream } of held) expect(await stream.until('<100>')).toBe(expected)
    })

    itJoins('reaches nobody, and says so, where nobody holds its channel', async () => {
      const channel = uniqueName('channel')
      const { controlPort } = cluster.a.flow.server
      expect(await publishCounted(controlPort, [streamItem(channel, 'x')])).toEqual([{ channel, holds: 0 }])
    })
  })

  describeFlows('an operator of a cluster', () => {
    itJoins('finds clients of all nodes, page by page, and kicks them by id from any', async () => {
      const { a, b } = cluster
      const channel = uniqueName('channel')
      const held = await Promise.all([a, b, a, b, b].map(({ flow }) => flow.heldStream({}, { channel })))
      const admin = new AdminClient(a.flow.server)
      expect(await admin.get(`/channels/${channel}`)).toMatchObject({ holders: { stream: 5 } })
      const ids: string[] = []
      let cursor = ''
      do {
        const page = await admin.get(`/connections?channel=${channel}&limit=2${cursor}`)
        ids.push(...page.connections.map(({ id }: { id: string }) => id))
        cursor = page.next === undefined ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      expect(new Set(ids).size).toBe(5)
      expect(ids).toHaveLength(5)
      for (const id of ids) expect((await admin.request('DELETE', `/connections/${id}`)).status).toBe(200)
      for (const { stream } of held) expect((await stream.ended()).complete).toBe(true)
    })

    itJoins('ends all holds of a channel by an item', async () => {
      const { a, b } = cluster
      const channel = uniqueName('channel')
      const held = await Promise.all([a, b].map(({ flow }) => flow.heldStream({}, { channel })))
      await a.flow.publish({ channel, action: 'close' })
      for (const { stream } of held) expect((await stream.ended()).complete).toBe(true)
    })

    itJoins('has clients of all nodes ask their origins again by /recover on one', async () => {
      const { a, b } = cluster
      const channel = uniqueName('channel')
      const held = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': `${channel}; prev-id=1` } }
      const path = b.flow.origin.answers([held, { body: 'recovered' }])
      const poll = await b.flow.longPoll(path)
      await b.flow.server.subscribed(channel)
      const response = await new AdminClient(a.flow.server).request('POST', '/recover', { body: '{}' })
      expect(response.status).toBe(200)
      expect((await poll.answer()).text).toBe('recovered')
    })
  })
})
