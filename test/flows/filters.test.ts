import { expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { type Answer, uniqueName } from '../support/origin.ts'
import { chained, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const flow = useFlow((origin) => [`* ${origin}`, `*,path_beg=/debug,debug ${origin}`], {
  conf: { handler: { update_on_first_subscription: false } },
})

/** Opens a stream on a channel of its own with filters. */
async function filtered(filters: string, meta = '', more: Answer = {}, under = '') {
  const channel = uniqueName('channel')
  const headers: HeaderList = [
    ['Grip-Hold', 'stream'],
    ['Grip-Channel', `${channel}${filters}`],
    ...(meta === '' ? [] : [['Grip-Set-Meta', meta] as const]),
    ...((more.headers ?? []) as HeaderList),
  ]
  const stream = await flow.openStream(flow.origin.answer({ ...more, headers }, under))
  await flow.server.subscribed(channel)
  return { stream, channel }
}
const withMeta = (item: Record<string, unknown>, meta: Record<string, string>) => ({ ...item, meta })

describeFlows('the filter skip-self', () => {
  it('keeps from a client what its own user sent', async () => {
    const { stream, channel } = await filtered('; filter=skip-self', 'user=anna')
    await flow.publish(
      withMeta(streamItem(channel, 'mine'), { sender: 'anna' }),
      withMeta(streamItem(channel, 'yours '), { sender: 'bert' }),
      streamItem(channel, "nobody's"),
    )
    expect(await stream.until("nobody's")).toBe("yours nobody's")
  })

  it('does nothing where it is not asked for', async () => {
    const { stream, channel } = await filtered('', 'user=anna')
    await flow.publish(withMeta(streamItem(channel, 'mine'), { sender: 'anna' }))
    expect(await stream.until('mine')).toBe('mine')
  })

  it('works for long polls', async () => {
    const channel = uniqueName('channel')
    const headers = {
      'Grip-Hold': 'response',
      'Grip-Channel': `${channel}; filter=skip-self`,
      'Grip-Set-Meta': 'user=anna',
    }
    const poll = await flow.longPoll(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish(withMeta(responseItem(channel, 'mine'), { sender: 'anna' }))
    await flow.publish(withMeta(responseItem(channel, 'yours'), { sender: 'bert' }))
    expect((await poll.answer()).text).toBe('yours')
  })

  it('leaves the chain whole: what it drops counts as had', async () => {
    const next = flow.origin.answer({ body: 'asked' })
    const { stream, channel } = await filtered('; prev-id=1; filter=skip-self', 'user=anna', {
      headers: [['Grip-Link', `<${next}>; rel=next`]],
    })
    await flow.publish(chained(withMeta(streamItem(channel, 'mine'), { sender: 'anna' }), '2', '1'))
    await flow.publish(chained(streamItem(channel, 'yours'), '3', '2'))
    expect(await stream.until('yours')).toBe('yours')
    expect(flow.origin.requests(next)).toHaveLength(0)
  })
})

describeFlows('the filter skip-users', () => {
  it('keeps an item from the users that it lists', async () => {
    const { stream, channel } = await filtered('; filter=skip-users', 'user=anna')
    await flow.publish(
      withMeta(streamItem(channel, 'no'), { skip_users: 'bert, anna' }),
      withMeta(streamItem(channel, 'yes'), { skip_users: 'bert,annabel' }),
    )
    expect(await stream.until('yes')).toBe('yes')
  })
})

describeFlows('the filter require-sub', () => {
  it('keeps an item from those that are not subscribed to what it names', async () => {
    const other = uniqueName('other')
    const { stream, channel } = await filtered(`; filter=require-sub, ${other}`)
    await flow.publish(
      withMeta(streamItem(channel, 'no'), { require_sub: 'elsewhere' }),
      withMeta(streamItem(channel, 'yes'), { require_sub: other }),
    )
    expect(await stream.until('yes')).toBe('yes')
  })
})

describeFlows('the filter var-subst', () => {
  it("puts the client's meta into the content", async () => {
    const { stream, channel } = await filtered('; filter=var-subst', 'user=anna')
    await flow.publish(streamItem(channel, 'hello %(user)s, 100%%'))
    expect(await stream.until('%')).toBe('hello anna, 100%')
  })

  it('gives each client its own content', async () => {
    const channel = uniqueName('channel')
    const open = (user: string) =>
      flow.openStream(
        flow.origin.answer({
          headers: {
            'Grip-Hold': 'stream',
            'Grip-Channel': `${channel}; filter=var-subst`,
            'Grip-Set-Meta': `user=${user}`,
          },
        }),
      )
    const streams = [await open('anna'), await open('bert')]
    await flow.server.subscribed(channel, 2)
    await flow.publish(streamItem(channel, 'hello %(user)s!'))
    expect(await streams[0]!.until('!')).toBe('hello anna!')
    expect(await streams[1]!.until('!')).toBe('hello bert!')
  })

  const itSkips = holdfastOnly(it, 'since 1.41')
  itSkips('lets an item out that names what is not there', async () => {
    const { stream, channel } = await filtered('; filter=var-subst', 'user=anna')
    await flow.publish(streamItem(channel, '%(nobody)s'), streamItem(channel, 'next'))
    expect(await stream.until('next')).toBe('next')
  })

  it('ends the stream with the fault in debug mode', async () => {
    const { stream, channel } = await filtered('; filter=var-subst', 'user=anna', {}, '/debug')
    await flow.publish(streamItem(channel, '%(nobody)s'))
    expect((await stream.ended()).text).toMatch(/^\n\nfilter error: .*nobody.*\n$/)
  })
})

describeFlows('the filter build-id', () => {
  it('puts the id of the item into the content', async () => {
    const next = flow.origin.answer({})
    const channel = uniqueName('channel')
    const headers = {
      'Grip-Hold': 'stream',
      'Grip-Channel': `${channel}; prev-id=1; filter=build-id`,
      'Grip-Set-Meta': `id_format="${channel}:%(${channel})s"`,
      'Grip-Link': `<${next}>; rel=next`,
    }
    const stream = await flow.openStream(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish(chained(streamItem(channel, 'id: %I\n'), '2', '1'))
    expect(await stream.until('\n')).toBe(`id: ${channel}:2\n`)
  })
})

describeFlows('content-filters of an item', () => {
  const item = (channel: string, content: string, ...filters: string[]) =>
    streamItem(channel, { content, 'content-filters': filters })

  it('that are those of the channel let it pass', async () => {
    const { stream, channel } = await filtered('; filter=skip-self; filter=var-subst', 'user=anna')
    await flow.publish(item(channel, 'hello %(user)s', 'var-subst'))
    expect(await stream.until('anna')).toBe('hello anna')
  })

  holdfastOnly(it, 'since 1.41')('that are others keep it back', async () => {
    const { stream, channel } = await filtered('; filter=var-subst', 'user=anna')
    await flow.publish(item(channel, 'no', 'build-id'), item(channel, 'no'), streamItem(channel, 'yes'))
    expect(await stream.until('yes')).toBe('yes')
  })
})

describeFlows('filters that ask somebody', () => {
  const itAsks = holdfastOnly(it, 'since 2.0')

  itAsks('http-check: may drop an item', async () => {
    const check = flow.origin.script((request, response) => {
      const drops = JSON.parse(request.header('pub-meta')!).kind === 'secret'
      response.writeHead(200, drops ? { Action: 'drop' } : {}).end()
    })
    const { stream, channel } = await filtered('; filter=http-check', `url=${check}, user=anna`)
    await flow.publish(
      withMeta(streamItem(channel, 'no'), { kind: 'secret' }),
      withMeta(streamItem(channel, 'yes'), { kind: 'open' }),
    )
    expect(await stream.until('yes')).toBe('yes')
    const asked = await flow.origin.request(check)
    expect(asked.method).toBe('POST')
    expect(JSON.parse(asked.header('sub-meta')!)).toMatchObject({ user: 'anna' })
    expect(asked.body.length).toBe(0)
  })

  itAsks('http-modify: may change the content, or keep it', async () => {
    const modify = flow.origin.script((request, response) => {
      request.incoming.on('end', () => {
        const text = request.body.toString()
        if (text === 'same ') response.writeHead(204).end()
        else response.writeHead(200).end(`[${text}]`)
      })
    })
    const { stream, channel } = await filtered('; filter=http-modify', `url=${modify}`)
    await flow.publish(streamItem(channel, 'same '), streamItem(channel, 'other'))
    expect(await stream.until(']')).toBe('same [other]')
  })

  itAsks('keep the order of the items, and hold nobody else up', async () => {
    const delays = [200, 0, 50]
    const check = flow.origin.script((_request, response) => {
      setTimeout(() => response.writeHead(200).end(), delays.shift())
    })
    const { stream, channel } = await filtered('; filter=http-check', `url=${check}`)
    const { stream: other } = await flow.heldStream({}, { channel })
    await flow.publish(...['1', '2', '3'].map((text) => streamItem(channel, text)))
    expect(await other.until('3')).toBe('123')
    expect(stream.text).toBe('')
    expect(await stream.until('3')).toBe('123')
  })

  itAsks('that fail keep the item back', async () => {
    const check = flow.origin.answers([{ status: 500 }, { status: 200 }])
    const { stream, channel } = await filtered('; filter=http-check', `url=${check}`)
    await flow.publish(streamItem(channel, 'no'), streamItem(channel, 'yes'))
    expect(await stream.until('yes')).toBe('yes')
  })
})
