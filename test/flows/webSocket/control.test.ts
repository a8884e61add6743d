import { expect, it } from 'vitest'
import { uniqueName } from '../../support/origin.ts'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { control, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow((origin) => [
  `*,path_beg=/native/prefixed,prefix=pre- ${origin}`,
  `*,path_beg=/http/prefixed,prefix=pre- ${origin},over_http`,
  `*,path_beg=/native/sub ${origin},sub=implicit-native`,
  `*,path_beg=/http/sub ${origin},over_http,sub=implicit-http`,
])

/** Control messages that do nothing, and are not passed on either. */
const INVALID = [
  'not json',
  '',
  '[]',
  '"subscribe"',
  'null',
  '{}',
  { type: 1 },
  { type: 'unknown' },
  { type: 'subscribe' },
  { type: 'subscribe', channel: '' },
  { type: 'subscribe', channel: 1 },
  { type: 'unsubscribe' },
  { type: 'set-meta' },
  { type: 'set-meta', name: '' },
  { type: 'set-meta', name: 'a', value: 1 },
  { type: 'keep-alive', content: 'x', timeout: -1 },
  { type: 'keep-alive', content: 'x', 'message-type': 'other' },
  { type: 'send-delayed', content: 1 },
] as const

for (const mode of SOCKET_MODES) {
  describeFlows(`a control message of an origin, ${mode},`, () => {
    it('is obeyed and does not reach the client', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text published')
    })

    it('may come later than the acceptance', async () => {
      const { client, tell } = await flow.open(mode)
      const channel = uniqueName('late')
      tell(control({ type: 'subscribe', channel, unknown: true }), text('m:said'))
      await flow.server.subscribed(channel)
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text said', 'text published')
    })

    it('of 9000 bytes is obeyed', async () => {
      const { client, tell } = await flow.open(mode)
      const channel = uniqueName('x'.repeat(8_960))
      tell(control({ type: 'subscribe', channel }))
      await flow.server.subscribed(channel)
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text published')
    })

    it.each(INVALID)('that makes no sense is ignored: %j', async (message) => {
      const { client, tell } = await flow.open(mode)
      tell(control(message), text('m:end'))
      await client.hears('text end')
    })

    it('subscribes to several channels, an item on both comes twice', async () => {
      const other = uniqueName('other')
      const { client, channel } = await flow.subscribed(mode, {
        opening: [control({ type: 'subscribe', channel: other })],
      })
      await flow.publish(socketItem(other, 'one'), socketItem(channel, 'one'))
      await client.hears('text one', 'text one')
    })

    it('ends a subscription', async () => {
      const { client, channel, tell } = await flow.subscribed(mode)
      tell(
        control({ type: 'unsubscribe', channel: 'never-subscribed' }),
        control({ type: 'unsubscribe', channel }),
        text('m:done'),
      )
      await client.hears('text done')
      await flow.publish(socketItem(channel, 'too late'))
      tell(text('m:end'))
      await client.hears('text done', 'text end')
    })

    it('names the channel without the prefix of the route', async () => {
      const channel = uniqueName('channel')
      const { client, tell } = await flow.open(
        mode,
        { opening: [control({ type: 'subscribe', channel })] },
        { under: '/prefixed' },
      )
      await flow.server.subscribed(`pre-${channel}`)
      await flow.publish(socketItem(channel, 'wrong'), socketItem(`pre-${channel}`, 'right'))
      await client.hears('text right')
      tell(control({ type: 'unsubscribe', channel }), text('m:done'))
      await client.hears('text right', 'text done')
      await flow.publish(socketItem(`pre-${channel}`, 'too late'))
      tell(text('m:end'))
      await client.hears('text right', 'text done', 'text end')
    })

    it('is ignored beyond twenty subscriptions', async () => {
      const stem = uniqueName('many')
      const subscriptions = Array.from({ length: 21 }, (_, i) =>
        control({ type: 'subscribe', channel: `${stem}-${i}` }),
      )
      const { client } = await flow.open(mode, { opening: [...subscriptions, text('m:subscribed')] })
      await client.hears('text subscribed')
      await flow.server.subscribed(`${stem}-19`)
      await flow.publish(socketItem(`${stem}-20`, 'lost'), socketItem(`${stem}-19`, 'last'))
      await client.hears('text subscribed', 'text last')
    })

    holdfastOnly(it, 'Q11: Pushpin ignores it')(
      'changes the filters of a channel, at the limit of subscriptions, too',
      async () => {
        const stem = uniqueName('many')
        const subscriptions = Array.from({ length: 20 }, (_, i) =>
          control({ type: 'subscribe', channel: `${stem}-${i}` }),
        )
        const { client, tell } = await flow.open(mode, {
          opening: [...subscriptions, control({ type: 'set-meta', name: 'user', value: 'ann' })],
        })
        await flow.server.subscribed(`${stem}-19`)
        tell(control({ type: 'subscribe', channel: `${stem}-19`, filters: ['skip-self'] }), text('m:done'))
        await client.hears('text done')
        await flow.publish(
          { ...socketItem(`${stem}-19`, 'own'), meta: { sender: 'ann' } },
          socketItem(`${stem}-19`, 'other'),
        )
        await client.hears('text done', 'text other')
      },
    )

    holdfastOnly(it, 'the limit of 1.41')('with a sixth filter ends the connection', async () => {
      const { client, tell } = await flow.open(mode)
      const filters = ['a', 'b', 'c', 'd', 'e', 'f']
      tell(control({ type: 'subscribe', channel: uniqueName('filtered'), filters }))
      await client.hears('close 1011')
    })

    it('sets meta that filters look at, and takes it back', async () => {
      const { client, channel, tell } = await flow.subscribed(
        mode,
        { opening: [control({ type: 'set-meta', name: 'user', value: 'ann' })] },
        { filters: ['skip-self', 'unknown-filter'] },
      )
      const own = (content: string) => ({ ...socketItem(channel, content), meta: { sender: 'ann' } })
      await flow.publish(own('own'), socketItem(channel, 'other'))
      await client.hears('text other')
      tell(control({ type: 'set-meta', name: 'user' }), text('m:unset'))
      await client.hears('text other', 'text unset')
      await flow.publish(own('own, unset'))
      await client.hears('text other', 'text unset', 'text own, unset')
    })

    it('from an origin that does not accept GRIP is a message like any other', async () => {
      const channel = uniqueName('channel')
      const { client } = await flow.open(mode, {
        headers: [],
        opening: [control({ type: 'subscribe', channel })],
      })
      await client.hears(`text c:${JSON.stringify({ type: 'subscribe', channel })}`)
    })
  })

  describeFlows(`the channels of a route, for WebSockets ${mode},`, () => {
    const channel = mode === 'native' ? 'implicit-native' : 'implicit-http'

    it('are subscribed to without GRIP, too', async () => {
      const { client, tell } = await flow.open(mode, { headers: [] }, { under: '/sub' })
      await flow.server.subscribed(channel)
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text published')
      tell(text('m:plain'))
      await client.hears('text published', 'text m:plain')
      client.drop()
    })

    it('cannot be unsubscribed from', async () => {
      const { client, tell } = await flow.open(mode, {}, { under: '/sub' })
      tell(control({ type: 'unsubscribe', channel }), text('m:done'))
      await client.hears('text done')
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text done', 'text published')
      client.drop()
    })
  })

  describeFlows(`a detached WebSocket, ${mode},`, () => {
    // Zurl says nothing to native origins.
    const farewell =
      mode === 'native' ? expected({ holdfast: 'close 1000', pushpin: 'close empty' }) : 'close empty'

    it('gets what is published, while its origin is closed to', async () => {
      const { client, channel, tell, origin } = await flow.subscribed(mode)
      tell(control({ type: 'detach' }))
      await origin.hears(farewell)
      client.send('to nobody')
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text published')
      expect(origin.heard).toHaveLength(1)
    })

    const itIgnores = holdfastOnly(it, 'Pushpin passes on what comes before it has settled the detaching')
    itIgnores('is told nothing more by its origin', async () => {
      const { client, channel, tell } = await flow.subscribed(mode)
      tell(text('m:before'), control({ type: 'detach' }), text('m:after'), control({ type: 'detach' }))
      await client.hears('text before')
      await flow.publish(socketItem(channel, 'published'))
      await client.hears('text before', 'text published')
    })

    it('is closed with 1000 whatever its client says', async () => {
      const { client, tell, origin } = await flow.subscribed(mode)
      tell(control({ type: 'detach' }))
      await origin.hearsOf(farewell)
      client.socket.close(4000, 'bye')
      await client.hears('close 1000')
      expect(origin.heard).toHaveLength(1)
    })

    it('can be closed by a publisher', async () => {
      const { client, channel, tell, origin } = await flow.subscribed(mode)
      tell(control({ type: 'detach' }))
      await origin.hearsOf(farewell)
      await flow.publish(socketItem(channel, { action: 'close', code: 4001, reason: 'over' }))
      await client.hears('close 4001 over')
    })

    it('is answered its pings where Pushpin leaves them (Q38)', async () => {
      const { client, channel, tell, origin } = await flow.subscribed(mode)
      tell(control({ type: 'detach' }))
      await origin.hearsOf(farewell)
      client.socket.ping('there?')
      if (expected({ holdfast: true, pushpin: false })) await client.hears('pong there?')
      await flow.publish(socketItem(channel, 'end'))
      await client.hears(...expected({ holdfast: ['pong there?'], pushpin: [] }), 'text end')
    })
  })
}
