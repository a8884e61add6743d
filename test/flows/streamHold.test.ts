import { expect, it } from 'vitest'
import { type HeaderList, requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { publishCounted, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const implicitChannel = uniqueName('implicit')
const flow = useFlow((origin) => [
  `* ${origin}`,
  `*,path_beg=/debug,debug ${origin}`,
  `*,path_beg=/prefixed,prefix=pre- ${origin}`,
  `*,path_beg=/implicit ${origin},sub=${implicitChannel}`,
])

describeFlows('a held stream', () => {
  it("starts with the origin's answer and goes on with what is published", async () => {
    const headers: HeaderList = [
      ['Content-Type', 'text/event-stream'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]
    const { stream, channel } = await flow.heldStream({
      status: 201,
      reason: 'Opened',
      headers,
      body: 'hello\n',
    })
    expect([stream.head.status, stream.head.reason]).toEqual([201, 'Opened'])
    expect(stream.head.header('content-type')).toBe('text/event-stream')
    expect(stream.head.all('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(stream.head.header('transfer-encoding')).toBe('chunked')
    expect(stream.head.header('content-length')).toBeUndefined()
    expect(stream.head.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
    await stream.until('hello\n')
    await flow.publish(streamItem(channel, 'data: 1\n\n'))
    await flow.publish(streamItem(channel, 'data: 2\n\n'))
    expect(await stream.until('data: 2\n\n')).toBe('hello\ndata: 1\n\ndata: 2\n\n')
  })

  it('may start without a body', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(streamItem(channel, 'first'))
    expect(await stream.until('first')).toBe('first')
  })

  it('gets the items of a batch in order', async () => {
    const { stream, channel } = await flow.heldStream()
    const contents = Array.from({ length: 50 }, (_, index) => `${index};`)
    await flow.publish(...contents.map((content) => streamItem(channel, content)))
    expect(await stream.until('49;')).toBe(contents.join(''))
  })

  it('gets items of many publishes in order', async () => {
    const { stream, channel } = await flow.heldStream()
    const contents = Array.from({ length: 50 }, (_, index) => `${index};`)
    for (const content of contents) await flow.publish(streamItem(channel, content))
    expect(await stream.until('49;')).toBe(contents.join(''))
  })

  it('gets binary content byte by byte', async () => {
    const { stream, channel } = await flow.heldStream()
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    await flow.publish(
      streamItem(channel, { 'content-bin': bytes.toString('base64') }),
      streamItem(channel, 'end'),
    )
    await stream.until('end')
    expect(stream.body).toEqual(Buffer.concat([bytes, Buffer.from('end')]))
  })

  it('gets text as UTF-8', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(streamItem(channel, 'grüße 🎈 end'))
    expect(await stream.until('end')).toBe('grüße 🎈 end')
  })

  it('gets 500 kB at once', async () => {
    const { stream, channel } = await flow.heldStream()
    const content = 'x'.repeat(500_000)
    await flow.publish(streamItem(channel, content), streamItem(channel, 'end'))
    expect((await stream.until('end', 10_000)).length).toBe(500_003)
  })

  it('gets nothing of items of other formats', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(
      responseItem(channel, 'for long polls'),
      { channel, formats: { 'ws-message': { content: 'for sockets' } } },
      streamItem(channel, 'for streams'),
    )
    expect(await stream.until('for streams')).toBe('for streams')
  })

  it('ends cleanly with a published close', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello\n' })
    await flow.publish(streamItem(channel, 'bye\n'), streamItem(channel, { action: 'close' }))
    expect(await stream.ended()).toEqual({ complete: true, text: 'hello\nbye\n' })
  })

  it('gets nothing that is published after the close', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(
      streamItem(channel, 'before'),
      streamItem(channel, { action: 'close' }),
      streamItem(channel, 'after'),
    )
    expect(await stream.ended()).toEqual({ complete: true, text: 'before' })
  })

  it('gets the status of Grip-Status and only the exposed headers', async () => {
    const headers = {
      'Grip-Status': '203 Changed',
      'Grip-Expose-Headers': 'X-Shown',
      'X-Shown': 's',
      'X-Hidden': 'h',
    }
    const { stream } = await flow.heldStream({ headers, body: 'x' })
    expect([stream.head.status, stream.head.reason]).toEqual([203, 'Changed'])
    expect(stream.head.header('x-shown')).toBe('s')
    expect(stream.head.header('x-hidden')).toBeUndefined()
  })

  it('may come from an HTTP/1.0 client, who gets bare bytes until the connection ends', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello\n' }, { version: '1.0' })
    expect(stream.head.header('transfer-encoding')).toBeUndefined()
    await flow.publish(streamItem(channel, 'news\n'))
    expect(await stream.until('news\n')).toBe('hello\nnews\n')
    await flow.publish(streamItem(channel, { action: 'close' }))
    expect((await stream.ended()).text).toBe('hello\nnews\n')
    await stream.client.closed()
  })

  it('that was asked for with Connection: close ends with the connection', async () => {
    const { stream, channel } = await flow.heldStream(
      { body: 'hello\n' },
      { headers: { Connection: 'close' } },
    )
    expect(stream.head.header('connection')).toMatch(/close/)
    await flow.publish(streamItem(channel, { action: 'close' }))
    expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
    await stream.client.closed()
  })

  it('does not mind what its client sends meanwhile', async () => {
    const { stream, channel } = await flow.heldStream()
    stream.client.send('\r\n')
    stream.client.send(requestBytes(flow.origin.answer({ body: 'later' })))
    await flow.publish(streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('news')
  })

  it('may answer a POST', async () => {
    const { stream, channel } = await flow.heldStream(
      { body: 'hello\n' },
      { method: 'POST', body: 'question' },
    )
    await flow.publish(streamItem(channel, 'news\n'))
    expect(await stream.until('news\n')).toBe('hello\nnews\n')
  })

  holdfastOnly(it, 'ODD-10')('that answers a HEAD has no body', async () => {
    const channel = uniqueName('head')
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } })
    const client = await flow.connect()
    client.send(requestBytes(path, { method: 'HEAD' }))
    expect((await client.response('HEAD')).status).toBe(200)
    client.send(requestBytes(flow.origin.answer({ body: 'in step' })))
    expect((await client.response()).text).toBe('in step')
  })
})

describeFlows('a stream that starts with more than 100000 bytes', () => {
  const large = 'x'.repeat(250_000)

  it('starts with all of them and is then held', async () => {
    const headers = { 'Grip-Status': '203 Changed', 'X-Shown': 's' }
    const { stream, channel } = await flow.heldStream({ headers, body: large })
    expect([stream.head.status, stream.head.reason]).toEqual([203, 'Changed'])
    expect(stream.head.header('content-length')).toBeUndefined()
    expect(stream.head.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
    await flow.publish(streamItem(channel, 'news\n'))
    expect((await stream.until('news\n')).length).toBe(250_005)
  })

  holdfastOnly(it, 'ODD-11')('gets only the exposed headers', async () => {
    const headers = { 'Grip-Expose-Headers': 'X-Shown', 'X-Shown': 's', 'X-Hidden': 'h' }
    const { stream } = await flow.heldStream({ headers, body: large })
    expect(stream.head.header('x-shown')).toBe('s')
    expect(stream.head.header('x-hidden')).toBeUndefined()
  })
})

describeFlows('the channels of a stream', () => {
  it('may be several', async () => {
    const other = uniqueName('other')
    const { stream, channel } = await flow.heldStream({ headers: { 'Grip-Channel': other } })
    await flow.server.subscribed(other)
    await flow.publish(streamItem(other, 'one '), streamItem(channel, 'two '), streamItem(other, 'three'))
    expect(await stream.until('three')).toBe('one two three')
  })

  it('may be shared by many, who all get every item', async () => {
    const channel = uniqueName('shared')
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } })
    const streams = await Promise.all(Array.from({ length: 20 }, () => flow.openStream(path)))
    await flow.server.subscribed(channel, 20)
    await flow.publish(streamItem(channel, 'to '), streamItem(channel, 'all'))
    const texts = await Promise.all(streams.map((stream) => stream.until('all')))
    expect(new Set(texts)).toEqual(new Set(['to all']))
  })

  it('may be shared with long polls; each gets its format of one item', async () => {
    const { stream, channel } = await flow.heldStream()
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': channel }
    const poll = await flow.longPoll(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel, 2)
    await flow.publish({
      channel,
      formats: { 'http-stream': { content: 'for the stream' }, 'http-response': { body: 'for the poll' } },
    })
    expect(await stream.until('for the stream')).toBe('for the stream')
    expect((await poll.answer()).text).toBe('for the poll')
  })

  it("have the route's prefix for publishers", async () => {
    const channel = uniqueName('channel')
    const { stream } = await flow.heldStream(
      {},
      { under: '/prefixed', channel, subscribedAs: `pre-${channel}` },
    )
    await flow.publish(streamItem(channel, 'without'), streamItem(`pre-${channel}`, 'with prefix'))
    expect(await stream.until('with prefix')).toBe('with prefix')
  })

  it("include that of the target's sub property, which takes no prefix", async () => {
    const { stream } = await flow.heldStream({}, { under: '/implicit' })
    await flow.server.subscribed(implicitChannel)
    await flow.publish(streamItem(implicitChannel, 'by the route'))
    expect(await stream.until('by the route')).toBe('by the route')
  })

  it('beyond connection_subscription_max are ignored', async () => {
    const channels = Array.from({ length: 20 }, () => uniqueName('many'))
    const { stream, channel } = await flow.heldStream({ headers: { 'Grip-Channel': channels.join(', ') } })
    await flow.publish(streamItem(channels[19]!, 'the 21st'), streamItem(channel, 'the first'))
    expect(await stream.until('the first')).toBe('the first')
  })
})

describeFlows('a prev-id without a next link', () => {
  const without = useFlow((origin) => [`* ${origin}`, `*,path_beg=/debug,debug ${origin}`], {
    conf: { handler: { history_size: 0 } },
  })
  const fault = (channel: string) => `channel '${channel}' specifies prev-id, but no next link found`
  const headers = (channel: string) => ({ 'Grip-Hold': 'stream', 'Grip-Channel': `${channel}; prev-id=1` })

  it('ends the stream after the initial body', async () => {
    const response = await without.answered({ headers: headers('any'), body: 'initial\n' })
    expect(response.status).toBe(200)
    expect(response.text).toBe('initial\n')
  })

  it('is explained at the end of the body in debug mode', async () => {
    const response = await without.answered({ headers: headers('any'), body: 'initial\n' }, '/debug')
    expect(response.text).toBe(`initial\n\n\n${fault('any')}\n`)
  })

  it('ends the stream, too, after the body of an answer to the link of the one before', async () => {
    const channel = uniqueName('chain')
    const last = without.origin.answer({ headers: headers(channel), body: 'last\n' })
    const first = { ...headers(channel), 'Grip-Link': `<${last}>; rel=next` }
    const stream = await without.openStream(without.origin.answer({ headers: first, body: 'initial\n' }))
    await without.server.subscribed(channel)
    await without.publish(streamItem(channel, { action: 'hint' }))
    expect(await stream.ended()).toEqual({ complete: true, text: 'initial\nlast\n' })
  })
})

describeFlows('a client that leaves its stream', () => {
  holdfastOnly(it, 'only holdfast tells how many holds an item reached')('is no longer held', async () => {
    const { stream, channel } = await flow.heldStream()
    stream.client.destroy()
    await eventually('nobody holds the channel', async () => {
      const [item] = await publishCounted(flow.server.controlPort, [
        streamItem(channel, { action: 'refresh' }),
      ])
      return item!.holds === 0
    })
  })

  it('does not disturb others on the channel', async () => {
    const { stream, channel } = await flow.heldStream()
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } })
    const leaving = await flow.openStream(path)
    await flow.server.subscribed(channel, 2)
    leaving.client.socket.resetAndDestroy()
    for (const content of ['1', '2', '3']) await flow.publish(streamItem(channel, content))
    expect(await stream.until('3')).toBe('123')
  })
})

describeFlows('a stream whose status allows no body', () => {
  it('has none', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'any' }
    const response = await flow.answered({ status: 204, headers })
    expect(response.status).toBe(204)
    expect(response.header('transfer-encoding')).toBeUndefined()
  })
})
