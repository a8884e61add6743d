import { expect, it } from 'vitest'
import { hs256Token } from '../../support/gripSig.ts'
import { uniqueName } from '../../support/origin.ts'
import { chained, publishCounted } from '../../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { eventually } from '../../support/waiting.ts'
import { SocketClient } from '../../support/webSocket/socketClient.ts'
import { control, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow(
  (origin) => [
    '*,path_beg=/test test',
    `*,path_beg=/native/pure,no_grip ${origin}`,
    `*,path_beg=/http/pure,no_grip ${origin},over_http`,
  ],
  {
    conf: {
      proxy: { upstream_key: 'shared secret', set_x_forwarded_protocol: 'true', x_forwarded_for: 'append' },
    },
  },
)

const trusted = () => ({
  'Grip-Sig': hs256Token(
    { iss: 'the proxy in front', exp: Math.floor(Date.now() / 1000) + 3600 },
    'shared secret',
  ),
})

for (const mode of SOCKET_MODES) {
  describeFlows(`a WebSocket, ${mode},`, () => {
    it('shows its origin where the client is', async () => {
      const { origin } = await flow.open(mode)
      expect(origin.all('X-Forwarded-For').join()).toMatch(/127\.0\.0\.1$/)
    })

    it('of a route with no_grip passes everything untouched', async () => {
      const { client, origin, tell } = await flow.open(mode, { headers: [] }, { under: '/pure' })
      expect(origin.all('Grip-Feature')).toEqual([])
      expect(origin.all('Sec-WebSocket-Extensions')).toEqual([])
      tell(control({ type: 'detach' }), text('m:x'))
      await client.hears('text c:{"type":"detach"}', 'text m:x')
    })

    it('of a GRIP proxy in front passes everything untouched', async () => {
      const headers = trusted()
      const { client, origin, tell } = await flow.open(mode, {}, { headers })
      expect(origin.all('Grip-Sig')).toContain(headers['Grip-Sig'])
      tell(control({ type: 'detach' }), text('m:x'))
      await client.hears('text c:{"type":"detach"}', 'text m:x')
    })

    holdfastOnly(it, 'an extension')('is ended by an item that ends all holds', async () => {
      const { client, channel } = await flow.subscribed(mode)
      const [item] = await publishCounted(flow.server.controlPort, [{ channel, action: 'close' }])
      expect(item!.holds).toBe(1)
      await client.hears('close 1000')
    })

    holdfastOnly(it, 'Pushpin keeps no history')('gets what it has missed since prev-id', async () => {
      const { client: first, channel } = await flow.subscribed(mode)
      const link = (id: string, prevId?: string) => chained(socketItem(channel, id), id, prevId)
      await flow.publish(link('1'), link('2', '1'), link('3', '2'))
      await first.hears('text 1', 'text 2', 'text 3')
      const { client, tell } = await flow.open(mode)
      tell(control({ type: 'subscribe', channel, 'prev-id': '1' }), text('m:subscribed'))
      await flow.server.subscribed(channel, 2)
      await flow.publish(link('4', '3'))
      await eventually('all', () => client.heard.includes('text 4'))
      expect(client.heard.filter((words) => words !== 'text subscribed')).toEqual([
        'text 2',
        'text 3',
        'text 4',
      ])
    })
  })
}

describeFlows('the built-in test origin, by WebSocket,', () => {
  it('echoes, and subscribes to the channels of the query', async () => {
    const channel = uniqueName('test')
    const client = await flow.shake(`/test/ws?channel=${channel}`)
    if (!(client instanceof SocketClient)) throw new Error('refused')
    await flow.server.subscribed(channel)
    client.send('hello')
    client.socket.send(Buffer.from([1]))
    await client.hears('text hello', 'binary 01')
    await flow.publish(socketItem(channel, 'published'))
    await client.hears('text hello', 'binary 01', 'text published')
    client.socket.close(4000, 'bye')
    await eventually('the Close', () => client.heard.length === 4)
    // Pushpin's test origin does not repeat the reason.
    expect(client.heard[3]).toMatch(/^close 4000/)
  })

  it('echoes pings', async () => {
    const client = await flow.shake('/test/ws')
    if (!(client instanceof SocketClient)) throw new Error('refused')
    client.socket.ping('p')
    client.send('end')
    await client.hears('ping p', 'text end')
  })

  it('refuses elsewhere', async () => {
    const answer = await flow.shake('/test/stream')
    if (answer instanceof SocketClient) throw new Error('accepted')
    expect(answer.status).toBe(404)
    expect(answer.body).toBe('no such test resource\n')
    expect(answer.header('Content-Type')).toBe('text/plain')
  })
})

describeFlows('a server that stops', () => {
  const stopping = useSocketFlow(undefined, { conf: { runner: { drain_timeout: 1 } } })

  it('closes its WebSockets', async () => {
    const native = await stopping.open('native')
    const overHttp = await stopping.open('over HTTP')
    stopping.server.signal('SIGTERM')
    const words = expected({ holdfast: 'close 1001', pushpin: 'drop' })
    await native.client.hears(words)
    await overHttp.client.hears(words)
    await stopping.server.exited()
  })
})
