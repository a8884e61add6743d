import { expect, it } from 'vitest'
import { publishCounted } from '../../support/publish.ts'
import { describeFlows, holdfastOnly } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { control } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow(undefined, { conf: { runner: { client_send_buffer: 200_000 } } })
const itCloses = holdfastOnly(it, 'Pushpin drops what is published for such a client, unseen')

const PART = 'x'.repeat(100_000)
/** More than the buffers of both sides and `client_send_buffer` hold together. */
const PARTS = 200

for (const mode of SOCKET_MODES) {
  describeFlows(`a WebSocket client that does not read, ${mode},`, () => {
    itCloses(
      'is closed with 1013 when client_send_buffer is full, and its origin sees it vanish',
      async () => {
        const { client, origin, channel } = await flow.subscribed(mode)
        client.socket.pause()
        await eventually('it is no longer held', async () => {
          const [item] = await publishCounted(flow.server.controlPort, [socketItem(channel, PART)])
          return item!.holds === 0
        })
        await origin.hearsOf('drop')
        expect(flow.server.logs()).toMatch(
          /closed 127\.0\.0\.1: slow-client: \d+ bytes unread, 100010 more to send, client_send_buffer is 200000/,
        )
        client.socket.resume()
        await eventually('the Close', () => client.heard.at(-1) === 'close 1013 too slow')
        expect(client.heard.length).toBeLessThan(PARTS)
      },
    )

    itCloses('costs only itself: others on the channel get everything', async () => {
      const { client, channel } = await flow.subscribed(mode)
      const quick = await flow.open(mode, { opening: [control({ type: 'subscribe', channel })] })
      await flow.server.subscribed(channel, 2)
      client.socket.pause()
      for (let i = 1; i <= PARTS; i++) {
        await flow.publish(socketItem(channel, PART))
        await eventually(`part ${i}`, () => quick.client.heard.length === i)
      }
      const [item] = await publishCounted(flow.server.controlPort, [socketItem(channel, 'end')])
      expect(item!.holds).toBe(1)
      await eventually('the end', () => quick.client.heard.at(-1) === 'text end')
    })
  })
}
