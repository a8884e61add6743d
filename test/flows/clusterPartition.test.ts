import { afterAll, beforeAll, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { type ClusterNode, useCluster } from '../support/cluster.ts'
import { CutProxy } from '../support/cutProxy.ts'
import { FaultProxy } from '../support/faultProxy.ts'
import { itNeedsNats } from '../support/natsServer.ts'
import { uniqueName } from '../support/origin.ts'
import { postItems, publishCounted, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itJoins = itNeedsNats(holdfastOnly(it, 'Pushpin has no cluster'))

/** How long a node may take to be back when its network is: the promise of docs/cluster.md. */
const BACK_LIMIT_MS = 2000

/** The way of the second node to the NATS server. */
let silent: FaultProxy
let cut: CutProxy
const cluster = useCluster({
  size: 3,
  conf: { runner: { drain_timeout: 1 }, handler: { update_on_first_subscription: false } },
  addressFor: async (node, nats) => {
    if (node !== 1) return nats.address
    silent = await FaultProxy.start(nats.port)
    cut = await CutProxy.start(silent.port)
    return cut.address
  },
})
let controlPorts: readonly [number, number, number]
beforeAll(() => {
  const [a, b, c] = cluster.nodes.map(({ flow }) => flow.server.controlPort)
  controlPorts = [a!, b!, c!]
})
afterAll(async () => {
  await cut?.close()
  await silent?.stop()
})

const readiness = async ({ flow }: ClusterNode) =>
  (await new AdminClient(flow.server).request('GET', '/readyz')).status
const holdsOf = async (controlPort: number, channel: string, text: string) =>
  (await publishCounted(controlPort, [streamItem(channel, text)]))[0]?.holds

/** Opens what follows a chain on the node: a long poll, and a stream with a next link; both origins know what was missed. */
async function followers({ flow }: ClusterNode) {
  const [polled, streamed] = [uniqueName('polled'), uniqueName('streamed')]
  const held = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': `${polled}; prev-id=1` } }
  const path = flow.origin.answers([held, { body: 'missed' }])
  const poll = await flow.longPoll(path)
  const next = flow.origin.answer({
    headers: { 'Grip-Hold': 'stream', 'Grip-Channel': streamed },
    body: 'missed;',
  })
  const { stream } = await flow.heldStream(
    { headers: { 'Grip-Link': `<${next}>; rel=next` }, body: 'first;' },
    { channel: streamed },
  )
  await flow.server.subscribed(polled)
  return { poll, stream, path }
}

describeFlows('a node that is cut off from the others', () => {
  itJoins.each([
    ['breaks all connections', () => cut.cut(), () => cut.mend()],
    ['swallows all that is sent', () => silent.isolate(), async () => silent.mend()],
  ] as const)(
    'by a network that %s is the only one to refuse items, keeps its clients, and is back two seconds after the network',
    async (_how, separate, join) => {
      const [a, b, c] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
      const [controlA, controlB, controlC] = controlPorts
      const channel = uniqueName('channel')
      const held = await Promise.all([a, b, c].map(({ flow }) => flow.heldStream({}, { channel })))
      const { poll, stream, path } = await followers(b)
      await eventually('the node knows the others', async () => (await holdsOf(controlB, channel, '')) === 3)
      expect(await holdsOf(controlB, channel, '1;')).toBe(3)

      separate()
      await eventually('the node says so', async () => (await readiness(b)) === 503, 10_000)
      const refused = await postItems(controlB, [streamItem(channel, 'refused;')])
      expect([refused.status, refused.header('retry-after')]).toEqual([503, '2'])
      expect(await Promise.all([readiness(a), readiness(c)])).toEqual([200, 200])
      expect(await holdsOf(controlA, channel, '2;')).toBe(2)
      const late = await b.flow.openStream(
        b.flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel }, body: '' }),
      )
      expect(b.flow.origin.requests(path)).toHaveLength(1)

      await join()
      const joinedMs = Date.now()
      await eventually('the node is back', async () => (await readiness(b)) === 200, BACK_LIMIT_MS)
      // Each of the channels is subscribed to, and who follows a chain asked again.
      expect((await poll.answer()).text).toBe('missed')
      expect(await stream.until('missed;')).toBe('first;missed;')
      expect(Date.now() - joinedMs).toBeLessThan(BACK_LIMIT_MS)
      await eventually('the nodes know each other', async () => {
        return (await holdsOf(controlC, channel, '')) === 4
      })
      await a.flow.publish(streamItem(channel, '3;'))
      const texts = await Promise.all(held.map((client) => client.stream.until('3;')))
      expect(texts).toEqual(['1;2;3;', '1;3;', '1;2;3;'])
      expect(await late.until('3;')).toBe('3;')
    },
    40_000,
  )
})
