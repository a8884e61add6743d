import { describe, expect, it } from 'vitest'
import { itemFor, useBadNetwork } from '../support/badNetwork.ts'
import { HELD_KINDS, newChannel } from '../support/heldKinds.ts'
import { publish } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itHolds = holdfastOnly(it, 'HTTP/2, and counts of who was reached')
const network = useBadNetwork()

for (const kind of HELD_KINDS) {
  describeFlows(`${kind.name}, held over a bad network,`, () => {
    describe.each([
      ['that is slow', { latencyMs: 3 }],
      ['that delivers a few bytes at a time', { slice: 7 }],
      ['that is slow and delivers a few bytes at a time', { latencyMs: 1, slice: 11 }],
    ])('%s', (_, fault) => {
      itHolds('gets everything, in order', async () => {
        network.setFaults({ toServer: fault, toClient: fault }, network.all)
        const channel = newChannel()
        const client = await network.open(kind, channel)
        network.setFaults({}, network.all)
        await network.server.subscribed(channel)
        const count = Math.min(client.items, 10)
        const texts = Array.from({ length: count }, (_item, n) => `item-${n};`)
        for (const text of texts) await publish(network.server, itemFor(channel, text))
        await eventually('the last item', () => client.text().includes(texts.at(-1)!), 10_000)
        expect(client.text().match(/item-\d+;/g)).toEqual(texts)
        client.leave('reset')
      })
    })

    itHolds.each(['end', 'reset'] as const)('is let go when its client leaves by %s', async (how) => {
      const channel = newChannel()
      const client = await network.open(kind, channel)
      await network.server.subscribed(channel)
      client.leave(how)
      await eventually('nobody is held', async () => (await network.holdersOf(channel)) === 0)
    })

    itHolds('is let go when the network breaks', async () => {
      const channel = newChannel()
      await network.open(kind, channel)
      await network.server.subscribed(channel)
      for (const proxy of network.front) proxy.resetAll()
      await eventually('nobody is held', async () => (await network.holdersOf(channel)) === 0)
    })

    itHolds.each([
      ['its first byte', 1],
      ['its status line', 20],
      ['its head', 60],
    ] as const)('never begins when the answer of its origin breaks off in %s', async (_, bytes) => {
      for (const how of ['reset', 'end', 'black hole'] as const) {
        for (const proxy of network.behind) proxy.resetAll()
        network.setFaults({ toClient: { after: { bytes, how } } }, network.behind)
        const channel = newChannel()
        const client = await network.open(kind, channel).catch(() => undefined)
        network.setFaults({}, network.behind)
        if (client !== undefined)
          await eventually('an error', () => /Error while proxying|^$/.test(client.text()))
        expect(await network.holdersOf(channel)).toBe(0)
        client?.leave('reset')
      }
    })
  })
}
