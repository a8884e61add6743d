import { expect, it } from 'vitest'
import { itemFor, useBadNetwork } from '../support/badNetwork.ts'
import { openStream } from '../support/client.ts'
import { HELD_KINDS, newChannel } from '../support/heldKinds.ts'
import { publish } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const SEND_BUFFER = 200_000
/** More than the buffers of the system and the proxy take, and what the server keeps for a client. */
const MAX_ITEMS = 200
const ITEM_BYTES = 250_000

const itHolds = holdfastOnly(it, 'HTTP/2, and counts of who was reached')
const network = useBadNetwork({ client_send_buffer: SEND_BUFFER })

async function nobodyIsHeld(channel: string): Promise<void> {
  await eventually('nobody is held', async () => (await network.holdersOf(channel)) === 0)
}

for (const kind of HELD_KINDS) {
  const isNative = kind.name === 'a WebSocket'

  describeFlows(`${kind.name}, held when the network fails,`, () => {
    itHolds('is let go when its client ends its side', async () => {
      const channel = newChannel()
      await network.open(kind, channel)
      await network.server.subscribed(channel)
      for (const proxy of network.front) proxy.endAll('server')
      await nobodyIsHeld(channel)
    })

    itHolds(
      'whose client falls silent is let go when too much waits, and others get everything',
      async () => {
        const channel = newChannel()
        await network.open(kind, channel)
        const path = network.origins.http.answer({
          headers: [
            ['Grip-Hold', 'stream'],
            ['Grip-Channel', channel],
          ],
        })
        const other = await openStream(network.server.port, path)
        await network.server.subscribed(channel, 2)
        for (const proxy of network.front) proxy.swallowAll()
        const text = 'x'.repeat(ITEM_BYTES)
        let count = 0
        while (count < MAX_ITEMS && (await network.holdersOf(channel)) > 1) {
          await publish(network.server, itemFor(channel, text))
          count++
          await eventually('the other has it', () => other.text.length >= count * ITEM_BYTES)
        }
        expect(await network.holdersOf(channel)).toBe(1)
        expect(other.text.length).toBe(count * ITEM_BYTES)
        for (const proxy of network.front) proxy.resetAll()
        other.client.destroy()
      },
    )

    itHolds.each(['reset', 'end'] as const)(
      'is let go when its network breaks within an item (%s)',
      async (how) => {
        network.setFaults({ toClient: { after: { bytes: 20_000, how } } }, network.front)
        const channel = newChannel()
        const client = await network.open(kind, channel)
        network.setFaults({}, network.front)
        await network.server.subscribed(channel)
        await publish(network.server, itemFor(channel, `${'x'.repeat(100_000)}last`))
        await nobodyIsHeld(channel)
        expect(client.text()).not.toContain('last')
      },
    )

    itHolds('gets what is published while its origin is silent', async () => {
      const channel = newChannel()
      const client = await network.open(kind, channel)
      await network.server.subscribed(channel)
      for (const proxy of network.behind) proxy.swallowAll()
      await publish(network.server, itemFor(channel, 'all the same'))
      await eventually('the item', () => client.text().includes('all the same'))
      client.leave('reset')
      await nobodyIsHeld(channel)
      for (const proxy of network.behind) proxy.resetAll()
    })

    itHolds.each(['reset', 'end'] as const)(
      'outlives the connection to its origin, or is told (%s)',
      async (how) => {
        const channel = newChannel()
        const client = await network.open(kind, channel)
        await network.server.subscribed(channel)
        for (const proxy of network.behind) {
          if (how === 'reset') proxy.resetAll()
          else proxy.endAll('client')
        }
        if (isNative) {
          await eventually('the Close', () => client.text().includes('close 1011'))
          await nobodyIsHeld(channel)
          return
        }
        await publish(network.server, itemFor(channel, 'all the same'))
        await eventually('the item', () => client.text().includes('all the same'))
        client.leave('reset')
        await nobodyIsHeld(channel)
      },
    )

    itHolds.each(['reset', 'end', 'black hole'] as const)(
      'never begins when the answer of its origin breaks off in its body (%s)',
      async (how) => {
        for (const proxy of network.behind) proxy.resetAll()
        network.setFaults({ toClient: { after: { bytes: 5000, how } } }, network.behind)
        const channel = newChannel()
        const client = await network.open(kind, channel, `${'x'.repeat(20_000)}last`).catch(() => undefined)
        network.setFaults({}, network.behind)
        // An origin that stops within its answer is waited for no longer than one that does not begin it.
        if (isNative && how !== 'black hole')
          await eventually('the Close', () => client?.text().includes('close 1011'))
        expect(client?.text() ?? '').not.toContain('last')
        expect(await network.holdersOf(channel)).toBe(0)
        client?.leave('reset')
      },
    )
  })
}
