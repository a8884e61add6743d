import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { useCluster } from '../support/cluster.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { uniqueName } from '../support/origin.ts'
import { chained, publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
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

    itJoins('sorts, searches and pages clients of all nodes, each with the node that has it', async () => {
      const channel = uniqueName('channel')
      const flows = cluster.nodes.map(({ flow }) => flow)
      const held = await Promise.all([0, 1, 1, 0, 1].map((i) => flows[i]!.heldStream({}, { channel })))
      const admin = new AdminClient(cluster.a.flow.server)
      const listed: any[] = []
      let cursor = ''
      do {
        const page = await admin.get(`/connections?search=${channel}&sort=-age&limit=2${cursor}`)
        listed.push(...page.connections)
        cursor = page.next === undefined ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      expect(new Set(listed.map(({ id }) => id)).size).toBe(5)
      expect(listed.map(({ node }) => node).sort()).toEqual([
        'node-1',
        'node-1',
        'node-2',
        'node-2',
        'node-2',
      ])
      const opened = listed.map(({ openedAt }) => openedAt)
      expect(opened).toEqual([...opened].sort())
      const { id } = listed.find(({ node }) => node === 'node-2')
      expect(await admin.get(`/connections/${id}`)).toMatchObject({ id, node: 'node-2' })
      for (const { stream } of held) stream.client.destroy()
    })

    itJoins('sees how each node is', async () => {
      const { nodes } = await new AdminClient(cluster.b.flow.server).get('/nodes')
      expect(nodes).toMatchObject([
        { name: 'node-1', self: false, answers: true, status: { draining: false } },
        { name: 'node-2', self: true, answers: true, status: { draining: false } },
      ])
      for (const { status } of nodes) expect(status.workers?.length ?? 0).toBe(workers)
    })

    itJoins('sees what has gone wrong on any node', async () => {
      const { a, b } = cluster
      await b.flow.get(b.flow.origin.answer({ headers: { 'Grip-Hold': 'nonsense' } }))
      const { errors } = await new AdminClient(a.flow.server).get('/errors')
      expect(errors.find(({ code }: any) => code === 'INSTRUCT_INVALID')).toMatchObject({ node: 'node-2' })
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

describeFlows('an operator of a cluster whose nodes do not all answer', () => {
  const cluster = useCluster({ size: 3 })

  itJoins('is told which ones, and soon; and kicks and lists those of the others', async () => {
    const [a, b, c] = cluster.nodes.map(({ flow }) => flow)
    const channel = uniqueName('channel')
    const held = await Promise.all([a!, b!, c!].map((flow) => flow.heldStream({}, { channel })))
    const admin = new AdminClient(a!.server)
    c!.server.signal('SIGSTOP')
    const { nodes } = await admin.get('/nodes')
    expect(nodes.map(({ name, answers }: any) => [name, answers])).toEqual([
      ['node-1', true],
      ['node-2', true],
      ['node-3', false],
    ])
    const { connections, missing } = await admin.get(`/connections?channel=${channel}&sort=id`)
    expect(connections.map(({ node }: any) => node).sort()).toEqual(['node-1', 'node-2'])
    expect(missing).toEqual(['node-3'])
    expect((await admin.get('/errors')).missing).toEqual(['node-3'])
    const { id } = connections.find(({ node }: any) => node === 'node-2')
    expect((await admin.request('DELETE', `/connections/${id}`)).status).toBe(200)
    expect((await held[1]!.stream.ended()).complete).toBe(true)
    c!.server.signal('SIGCONT')
    await eventually('all answer again', async () =>
      (await admin.get('/nodes')).nodes.every(({ answers }: any) => answers),
    )
    for (const { stream } of held) stream.client.destroy()
  })
})
