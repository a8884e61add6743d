import { expect, it } from 'vitest'
import { publish } from '../support/publish.ts'
import { useSockJsFlow } from '../support/sockJsFlow.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'
import { socketItem } from '../support/webSocket/socketFlow.ts'

const flow = useSockJsFlow((origin) => [`*,sockjs=/sock ${origin}`], {
  conf: { runner: { workers: 3 }, proxy: { x_forwarded_for: 'append' } },
})
const itWorks = holdfastOnly(it, 'Pushpin has processes of another kind')

/** Enough that each worker has some, and gets requests for those of others. */
const CLIENTS = Array.from({ length: 9 }, (_, i) => i)

describeFlows('SockJS clients of a server with workers', () => {
  itWorks('are each one WebSocket, to whichever worker their requests come', async () => {
    for (const _ of CLIENTS) {
      const { client, channel } = await flow.subscribed()
      expect((await client.send('["a"]')).text).toBe('ok')
      const origin = await client.origin()
      await eventually('the message', () => origin.heard.length === 1)
      await publish(flow.server, socketItem(channel, { content: 'news' }))
      expect((await client.poll()).text).toBe('a["news"]\n')
    }
  })

  itWorks('stream, and are told of a close at the end', async () => {
    for (const _ of CLIENTS) {
      const client = flow.client()
      const stream = await client.stream('POST', 'xhr_streaming')
      await stream.until('o\n')
      const origin = await client.origin()
      origin.socket.send('m:one')
      await stream.until('a["one"]\n')
      origin.socket.close(3000, 'done')
      await stream.until('c[3000,"done"]\n')
    }
  })

  itWorks('are gone for the origin when they break a request off', async () => {
    for (const _ of CLIENTS) {
      const { client, origin } = await flow.opened()
      const { waiting } = await client.pollTwice()
      waiting.client.destroy()
      await eventually('the end at the origin', () => origin.heard.length > 0)
      expect(origin.heard).toEqual(['close 1006'])
    }
  })

  itWorks('are known by their own address, whatever they say', async () => {
    for (const _ of CLIENTS) {
      const client = flow.client()
      await client.poll({ headers: [['Holdfast-Client', 'https 192.0.2.66']] })
      const { headers } = (await client.origin()).request
      expect(headers['x-forwarded-for']).toBe('127.0.0.1')
      expect(headers['x-forwarded-proto']).toBeUndefined()
    }
  })
})
