import { expect, it } from 'vitest'
import { publishCounted } from '../support/publish.ts'
import { useSockJsFlow } from '../support/sockJsFlow.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const SEND_BUFFER = 50_000

const flow = useSockJsFlow((origin) => [`*,sockjs=/sock ${origin}`], {
  conf: { runner: { client_send_buffer: SEND_BUFFER } },
})
const itCloses = holdfastOnly(it, 'Pushpin ends the session at 200000 bytes, without a word')

const itemOf = (channel: string, bytes: number) => ({
  channel,
  formats: { 'ws-message': { content: 'x'.repeat(bytes) } },
})

describeFlows('a SockJS client that does not come for what is published', () => {
  itCloses('gets what fits client_send_buffer, and is told that it was too slow', async () => {
    const { client, channel } = await flow.subscribed()
    for (let i = 0; i < 4; i++) {
      const [item] = await publishCounted(flow.server.controlPort, [itemOf(channel, 10_000)])
      expect(item!.holds).toBe(1)
    }
    await publishCounted(flow.server.controlPort, [itemOf(channel, 10_000)])
    const [item] = await publishCounted(flow.server.controlPort, [itemOf(channel, 1)])
    expect(item!.holds).toBe(0)
    const kept = JSON.parse((await client.poll()).text.slice(1)) as string[]
    expect(kept.map((text) => text.length)).toEqual([10_000, 10_000, 10_000, 10_000])
    expect((await client.poll()).text).toBe('c[1013,"too slow"]\n')
    expect(flow.server.logs()).toMatch(/slow-client: 40012 bytes unread, 10003 more to send/)
  })

  itCloses('is gone for the origin at once', async () => {
    const { channel, client } = await flow.subscribed()
    for (const bytes of [SEND_BUFFER, 1])
      await publishCounted(flow.server.controlPort, [itemOf(channel, bytes)])
    const { heard } = await client.origin()
    await eventually('the end at the origin', () => heard.length > 0, 2000)
    expect(heard).toEqual(['close 1006'])
  })

  itCloses('keeps its origin waiting, and loses nothing of what that sends', async () => {
    const { client, origin } = await flow.opened()
    const messages = Array.from({ length: 2000 }, (_, i) => String(i).padEnd(1000))
    for (const message of messages) origin.socket.send(`m:${message}`)
    const received: string[] = []
    while (received.length < messages.length)
      received.push(...JSON.parse((await client.poll()).text.slice(1)))
    expect(received).toEqual(messages)
  })
})
