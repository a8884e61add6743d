import { expect, it } from 'vitest'
import { uniqueName } from '../../support/origin.ts'
import { chained, publishCounted, streamItem } from '../../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../../support/target.ts'
import { eventually, passTime } from '../../support/waiting.ts'
import { control, text } from '../../support/webSocket/socketEvent.ts'
import { SOCKET_MODES, socketItem, useSocketFlow } from '../../support/webSocket/socketFlow.ts'

const flow = useSocketFlow(
  (origin) => [
    `*,path_beg=/native/debug,debug ${origin}`,
    `*,path_beg=/http/debug,debug ${origin},over_http`,
  ],
  { conf: { handler: { update_on_first_subscription: false }, runner: { client_send_buffer: 200_000 } } },
)

const withMeta = (item: Record<string, unknown>, meta: Record<string, string>) => ({ ...item, meta })

for (const mode of SOCKET_MODES) {
  describeFlows(`an item for WebSockets, ${mode},`, () => {
    it.each([
      [{ content: 'm:hi \u00fc' }, 'text m:hi \u00fc'],
      [{ content: '' }, 'text'],
      [{ 'content-bin': 'AAH/' }, 'binary 0001ff'],
      [{ 'content-bin': 'aGk=', type: 'text' }, 'text hi'],
      [{ content: 'hi', type: 'binary' }, 'binary 6869'],
      [{ content: 'not this', 'content-bin': 'AA==' }, 'binary 00'],
      [{ content: 'p', type: 'ping' }, 'ping p'],
      [{ content: 'p', type: 'pong' }, 'pong p'],
      [{ action: 'send', content: 'sent' }, 'text sent'],
    ])('with %j is sent as it is, as %j', async (format, words) => {
      const { client, channel, origin } = await flow.subscribed(mode)
      await flow.publish(socketItem(channel, format))
      await client.hears(words)
      expect(origin.heard).toEqual([])
    })

    holdfastOnly(it, 'Pushpin 1.36 takes it and sends nothing')('may be a ping without content', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(socketItem(channel, { type: 'ping' }))
      await client.hears('ping')
    })

    it.each([
      ['hint', {}],
      ['send', { format: 'http-stream' }],
    ])(
      'that has nothing for them does nothing: %s',
      async (action, { format = 'ws-message' }: { format?: string }) => {
        const { client, channel } = await flow.subscribed(mode)
        await flow.publish(
          { channel, formats: { [format]: { action, content: 'x' } } },
          socketItem(channel, 'end'),
        )
        await client.hears('text end')
      },
    )

    it('may have its format beside the channel', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish({ channel, 'ws-message': { content: 'direct' } })
      await client.hears('text direct')
    })

    it('reaches all that are subscribed, once each', async () => {
      const first = await flow.subscribed(mode)
      const second = await flow.open(mode, {
        opening: [control({ type: 'subscribe', channel: first.channel })],
      })
      await flow.server.subscribed(first.channel, 2)
      await flow.publish(socketItem(first.channel, 'all'))
      await first.client.hears('text all')
      await second.client.hears('text all')
    })

    it('does not reach those that are gone', async () => {
      const { client, channel, origin } = await flow.subscribed(mode)
      client.drop()
      await origin.hears('drop')
      await flow.publish(socketItem(channel, 'late'))
      const next = await flow.open(mode, { opening: [control({ type: 'subscribe', channel })] })
      await flow.server.subscribed(channel, 2)
      await flow.publish(socketItem(channel, 'now'))
      await next.client.hears('text now')
    })

    it('comes in the order of publishing', async () => {
      const { client, channel } = await flow.subscribed(mode)
      const contents = Array.from({ length: 50 }, (_, i) => `${i}`)
      await flow.publish(...contents.map((content) => socketItem(channel, content)))
      await client.hears(...contents.map((content) => `text ${content}`))
    })

    it('whose id came before is dropped', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(chained(socketItem(channel, 'once'), 'a'))
      await flow.publish(chained(socketItem(channel, 'twice'), 'a'), chained(socketItem(channel, 'end'), 'b'))
      await client.hears('text once', 'text end')
    })

    it('waits for the one before it', async () => {
      const { client, channel } = await flow.subscribed(mode)
      const link = (id: string, prevId?: string) => chained(socketItem(channel, id), id, prevId)
      await flow.publish(link('1'), link('3', '2'))
      await flow.publish(link('2', '1'), link('4', '3'))
      await client.hears('text 1', 'text 2', 'text 3', 'text 4')
    })

    it('waits for no other where it is no-seq', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(chained(socketItem(channel, '1'), '1'), {
        ...chained(socketItem(channel, '3'), '3', '2'),
        'no-seq': true,
      })
      await client.hears('text 1', 'text 3')
    })

    it('shares its place in the chain with items for streams', async () => {
      const { client, channel } = await flow.subscribed(mode)
      await flow.publish(chained(socketItem(channel, '1'), '1'))
      await flow.publish(chained(socketItem(channel, '3'), '3', '2'))
      await flow.publish(chained(streamItem(channel, '2'), '2', '1'))
      await client.hears('text 1', 'text 3')
    })
  })

  describeFlows(`filters of a WebSocket, ${mode},`, () => {
    it('keep an item from its sender', async () => {
      const { client, channel } = await flow.subscribed(
        mode,
        { opening: [control({ type: 'set-meta', name: 'user', value: 'ann' })] },
        { filters: ['skip-self', 'skip-users'] },
      )
      await flow.publish(
        withMeta(socketItem(channel, 'own'), { sender: 'ann' }),
        withMeta(socketItem(channel, 'not for me'), { skip_users: 'bob, ann' }),
        withMeta(socketItem(channel, 'for me'), { sender: 'bob', skip_users: 'bob' }),
      )
      await client.hears('text for me')
    })

    it('keep a published Close from its sender', async () => {
      const { client, channel } = await flow.subscribed(
        mode,
        { opening: [control({ type: 'set-meta', name: 'user', value: 'ann' })] },
        { filters: ['skip-self'] },
      )
      await flow.publish(
        withMeta(socketItem(channel, { action: 'close' }), { sender: 'ann' }),
        socketItem(channel, 'still here'),
      )
      await client.hears('text still here')
    })

    it('fill meta into the content', async () => {
      const { client, channel } = await flow.subscribed(
        mode,
        { opening: [control({ type: 'set-meta', name: 'name', value: 'Ann' })] },
        { filters: ['var-subst'] },
      )
      await flow.publish(socketItem(channel, 'Hello %(name)s, 100%%'))
      await client.hears('text Hello Ann, 100%')
    })

    it('drop an item whose content cannot be filled (Q12)', async () => {
      const { client, channel } = await flow.subscribed(mode, {}, { filters: ['var-subst'] })
      await flow.publish(socketItem(channel, '%(unknown)s'), socketItem(channel, 'end'))
      await client.hears('text end')
    })

    it('must be those that the item asks for', async () => {
      const { client, channel } = await flow.subscribed(mode, {}, { filters: ['var-subst', 'skip-self'] })
      const asking = (content: string, filters: readonly string[]) =>
        socketItem(channel, { content, 'content-filters': filters })
      await flow.publish(
        asking('none', []),
        asking('other', ['build-id']),
        asking('these', ['var-subst']),
        socketItem(channel, 'any'),
      )
      await client.hears('text these', 'text any')
    })

    holdfastOnly(it, 'the reason of 1.41')(
      'that do not fit end the WebSocket where the route has debug',
      async () => {
        const { client, channel } = await flow.subscribed(
          mode,
          {},
          { under: '/debug', filters: ['var-subst'] },
        )
        await flow.publish(socketItem(channel, { content: 'x', 'content-filters': ['build-id'] }))
        await client.hears('close 1011 content filter mismatch: subscription=var-subst message=build-id')
      },
    )

    holdfastOnly(it, 'require-sub drops everything before 2.0')(
      'know the channels by their names',
      async () => {
        const other = uniqueName('other')
        const { client, channel } = await flow.subscribed(
          mode,
          { opening: [control({ type: 'subscribe', channel: other })] },
          { filters: ['require-sub'] },
        )
        await flow.publish(
          withMeta(socketItem(channel, 'kept back'), { require_sub: 'not-subscribed' }),
          withMeta(socketItem(channel, 'for subscribers'), { require_sub: other }),
        )
        await client.hears('text for subscribers')
      },
    )
  })

  describeFlows(`a client that does not read, ${mode},`, () => {
    const PART = 'x'.repeat(50_000)

    holdfastOnly(it, 'Pushpin drops items, unseen')('is closed when client_send_buffer is full', async () => {
      const { client, channel } = await flow.subscribed(mode)
      client.socket.pause()
      await eventually('the client is no longer held', async () => {
        const items = Array.from({ length: 10 }, () => socketItem(channel, PART))
        return (await publishCounted(flow.server.controlPort, items)).at(-1)!.holds === 0
      })
      await eventually('the log says why', () => flow.server.logs().includes('slow-client'))
      client.socket.resume()
      await eventually('the end', () => client.heard.at(-1) !== `text ${PART}`)
    })

    it('for a moment gets what was published, and what comes after', async () => {
      const { client, channel } = await flow.subscribed(mode)
      client.socket.pause()
      await flow.publish(socketItem(channel, 'while it pauses'))
      client.socket.resume()
      await client.hears('text while it pauses')
      await flow.publish(socketItem(channel, 'then'))
      await client.hears('text while it pauses', 'text then')
    })
  })

  describeFlows(`a refresh, ${mode},`, () => {
    holdfastOnly(it, 'an action of 1.38')('has an origin over HTTP be asked, and no other', async () => {
      const { client, channel, path, tell } = await flow.subscribed(mode)
      tell(text('m:ready'))
      await client.hears('text ready')
      const before = flow.origin.requests(path).length
      await flow.publish(socketItem(channel, { action: 'refresh' }), socketItem(channel, 'end'))
      await client.hears('text ready', 'text end')
      if (mode === 'over HTTP')
        await eventually('the request', () => flow.origin.requests(path).length === before + 1)
      else expect(flow.origin.requests(path)).toHaveLength(before)
    })
  })
}

describeFlows('deliveries to WebSockets', () => {
  const limited = useSocketFlow(undefined, {
    conf: { handler: { message_rate: 10, message_hwm: 5, update_on_first_subscription: false } },
  })

  it('are spread over time by message_rate, and dropped above message_hwm', async () => {
    const { client, channel } = await limited.subscribed('native')
    const items = Array.from({ length: 100 }, (_, i) => socketItem(channel, `${i}`))
    await limited.publish(...items)
    await eventually('some', () => client.heard.length >= 5)
    await passTime(1_500)
    expect(client.heard.length).toBeLessThan(expected({ holdfast: 20, pushpin: 100 }))
    const numbers = client.heard.map((words) => Number(words.slice(5)))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })
})
