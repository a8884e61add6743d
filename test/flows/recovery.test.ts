import { expect, it } from 'vitest'
import { get, requestBytes } from '../support/client.ts'
import { type Flow, useFlow } from '../support/flow.ts'
import { type Answer, headerPairs, uniqueName } from '../support/origin.ts'
import { chained, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually, passTime } from '../support/waiting.ts'

const routes = (origin: string) => [`* ${origin}`, `*,path_beg=/prefixed,prefix=pre- ${origin}`]
// Without history, the origin is the only one that knows what a client missed.
const alone = { handler: { history_size: 0, update_on_first_subscription: false } }
const flow = useFlow(routes, { conf: alone })

const held = (...channels: string[]): Answer => ({
  headers: { 'Grip-Hold': 'response', 'Grip-Channel': channels.join(', ') },
  body: 'timeout',
})
const fresh: Answer = { body: 'fresh' }
const item = (channel: string, id: string, prevId?: string) =>
  chained({ ...responseItem(channel, id), ...both(channel, id) }, id, prevId)
const both = (channel: string, text: string) => ({
  channel,
  formats: { 'http-response': { body: text }, 'http-stream': { content: text } },
})

/** Keeps a channel held, and publishes its first item. */
async function channelAt(id: string): Promise<string> {
  const { stream, channel } = await flow.heldStream()
  await flow.publish(item(channel, id))
  await stream.until(id)
  return channel
}

const lastIds = async (path: string, n: number) => (await flow.origin.request(path, n)).all('grip-last')

describeFlows('a long poll whose prev-id is not the last one published', () => {
  it('is not held: the origin is asked again at once, and told the prev-id', async () => {
    const channel = await channelAt('2')
    const path = flow.origin.answers([held(`${channel}; prev-id=1`), fresh])
    const response = await flow.get(path)
    expect(response.text).toBe('fresh')
    expect(await lastIds(path, 1)).toEqual([])
    expect(await lastIds(path, 2)).toEqual([`${channel}; last-id=1`])
    expect(flow.origin.requests(path)).toHaveLength(2)
  })

  it('is held if the origin says the same again', async () => {
    const channel = await channelAt('2')
    const path = flow.origin.answers([held(`${channel}; prev-id=1`)])
    const poll = await flow.longPoll(path)
    await flow.origin.request(path, 2)
    await flow.server.subscribed(channel, 2)
    await flow.publish(item(channel, '3', '1'))
    expect((await poll.answer()).text).toBe('3')
    expect(flow.origin.requests(path)).toHaveLength(2)
  })

  it('makes the proxy ask about each of its channels that has a prev-id', async () => {
    const [first, second, third] = [await channelAt('2'), uniqueName('other'), uniqueName('free')]
    const path = flow.origin.answers([held(third, `${second}; prev-id=x`, `${first}; prev-id=1`), fresh])
    expect((await flow.get(path)).text).toBe('fresh')
    expect((await lastIds(path, 2)).sort()).toEqual([`${first}; last-id=1`, `${second}; last-id=x`].sort())
  })

  it('names the channel to the origin without the prefix of the route', async () => {
    const channel = uniqueName('channel')
    const { stream } = await flow.heldStream({}, { channel: `pre-${channel}` })
    await flow.publish(item(`pre-${channel}`, '2'))
    await stream.until('2')
    const path = flow.origin.answers([held(`${channel}; prev-id=1`), fresh], '/prefixed')
    expect((await flow.get(path)).text).toBe('fresh')
    expect(await lastIds(path, 2)).toEqual([`${channel}; last-id=1`])
  })
})

describeFlows('a long poll is held without a second question', () => {
  it('if its prev-id is the last one published', async () => {
    const channel = await channelAt('2')
    const path = flow.origin.answer(held(`${channel}; prev-id=2`))
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel, 2)
    await flow.publish(item(channel, '3', '2'))
    expect((await poll.answer()).text).toBe('3')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  it('if nothing is known of the channel', async () => {
    const { poll, channel, path } = await flow.heldPoll({}, { channel: uniqueName('new') })
    await flow.publish(item(channel, '9', '8'))
    expect((await poll.answer()).text).toBe('9')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  it('if it has no prev-id', async () => {
    const channel = await channelAt('2')
    const path = flow.origin.answer(held(channel))
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel, 2)
    await flow.publish(item(channel, '3', '2'))
    expect((await poll.answer()).text).toBe('3')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })
})

describeFlows('an item that does not follow the prev-id of a held long poll', () => {
  const hold = async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.answers([held(`${channel}; prev-id=1`), fresh])
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel)
    return { poll, channel, path }
  }

  it.each([
    ['another prev-id', { id: '3', 'prev-id': '2' }],
    ['no prev-id', { id: '3' }],
    ['no id', {}],
  ])('makes the proxy ask the origin again (%s)', async (_what, ids) => {
    const { poll, channel, path } = await hold()
    await flow.publish({ ...responseItem(channel, 'out of step'), ...ids })
    expect((await poll.answer()).text).toBe('fresh')
    expect(await lastIds(path, 2)).toEqual([`${channel}; last-id=1`])
  })

  it('is held back, and the one that does follow is the answer', async () => {
    const { poll, channel, path } = await hold()
    await flow.publish(item(channel, '2', '1'))
    expect((await poll.answer()).text).toBe('2')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  it('is found out although the items between were not for long polls', async () => {
    const { poll, channel, path } = await hold()
    await flow.publish(chained(streamItem(channel, 'for streams'), '2', '1'))
    await flow.publish({ ...item(channel, '4', '3'), 'no-seq': true })
    expect((await poll.answer()).text).toBe('fresh')
    const lastId = expected({ holdfast: '2', pushpin: '1' })
    expect(await lastIds(path, 2)).toEqual([`${channel}; last-id=${lastId}`])
  })
})

describeFlows('the second question of a long poll', () => {
  /** Holds, and has the origin asked again. */
  const askAgain = async (answers: readonly Answer[], options = {}) => {
    const channel = uniqueName('channel')
    const path = flow.origin.answers([held(channel), ...answers])
    const poll = await flow.longPoll(path, options)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, { action: 'hint' }))
    return { poll, channel, path }
  }

  it.each([
    ['a page', { status: 201, reason: 'Made', headers: { 'X-A': 'b' }, body: 'page' }],
    ['a redirect', { status: 303, reason: 'See Other', headers: { Location: '/there' }, body: '' }],
    ['an error', { status: 503, reason: 'Busy', body: 'later' }],
    ['a chunked page', { status: 200, reason: 'OK', chunked: true, body: 'parts' }],
  ])('may be answered with %s, which is what the client gets', async (_what, answer: Answer) => {
    const { poll } = await askAgain([answer])
    const response = await poll.answer()
    expect([response.status, response.reason, response.text]).toEqual([
      answer.status,
      answer.reason,
      answer.body,
    ])
    poll.client.send(requestBytes(flow.origin.answer({ body: 'in step' })))
    expect((await poll.client.response()).text).toBe('in step')
  })

  it('may be answered with a stream', async () => {
    const channel = uniqueName('stream')
    const stream = { headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel }, body: 'hello\n' }
    const { poll } = await askAgain([stream])
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, 'news'), streamItem(channel, { action: 'close' }))
    expect((await poll.answer()).text).toBe('hello\nnews')
  })

  it('starts the timeout anew', async () => {
    const { poll, channel } = await askAgain([held(uniqueName('second'))])
    await flow.settled()
    await flow.publish(responseItem(channel, 'not for it any more'))
    expect(poll.client.isClosed).toBe(false)
  })

  it('is followed by a third when a hint asks for it', async () => {
    const channels = [uniqueName('a'), uniqueName('b')] as const
    const path = flow.origin.answers([held(channels[0]), held(channels[1]), fresh])
    const poll = await flow.longPoll(path)
    for (const channel of channels) {
      await flow.server.subscribed(channel)
      await flow.publish(responseItem(channel, { action: 'hint' }))
    }
    expect((await poll.answer()).text).toBe('fresh')
    expect(flow.origin.requests(path)).toHaveLength(3)
  })

  it('is broken off when the client leaves', async () => {
    const channel = uniqueName('channel')
    let asked = 0
    const path = flow.origin.script((_request, response) => {
      if (asked++ === 0) response.writeHead(200, headerPairs(held(channel).headers).flat()).end()
    })
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, { action: 'hint' }))
    const again = await eventually('the second question', () => flow.origin.requests(path)[1])
    poll.client.destroy()
    await eventually('it is broken off', () => again.aborted)
  })

  it('that the origin refuses is answered 502', async () => {
    const channel = uniqueName('channel')
    let asked = 0
    const path = flow.origin.script((request, response) => {
      if (asked++ === 0) response.writeHead(200, headerPairs(held(channel).headers).flat()).end()
      else request.incoming.socket.destroy()
    })
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, { action: 'hint' }))
    const response = await poll.answer()
    expect([response.status, response.text]).toEqual([502, 'Error while proxying to origin.\n'])
  })
})

describeFlows('a stream with a next link', () => {
  const headers = (channel: string, prevId: string, next: string): [string, string][] => [
    ['Grip-Hold', 'stream'],
    ['Grip-Channel', `${channel}; prev-id=${prevId}`],
    ['Grip-Link', `<${next}>; rel=next`],
  ]
  /** A stream that has all up to 1, and whose next link has what comes up to `upTo`. */
  const open = async (upTo: string, channel = uniqueName('channel')) => {
    const next = flow.origin.script((_request, response) => {
      response.writeHead(200, headers(channel, upTo, next).flat()).end(`[up to ${upTo}]`)
    })
    const path = flow.origin.answer({ headers: headers(channel, '1', next), body: '[1]' })
    const stream = await flow.openStream(path)
    await flow.server.subscribed(channel)
    return { stream, channel, next }
  }

  it('gets items that follow its prev-id, and the origin is not asked', async () => {
    const { stream, channel, next } = await open('1')
    await flow.publish(item(channel, '2', '1'), item(channel, '3', '2'))
    expect(await stream.until('3')).toBe('[1]23')
    expect(flow.origin.requests(next)).toHaveLength(0)
  })

  it('fetches the link when an item does not follow, and goes on from there', async () => {
    const { stream, channel, next } = await open('3')
    await flow.publish(item(channel, '3', '2'))
    await stream.until('[up to 3]')
    expect(await lastIds(next, 1)).toEqual([`${channel}; last-id=1`])
    await flow.server.subscribed(channel)
    await flow.publish(item(channel, '4', '3'))
    expect(await stream.until(']4')).toBe('[1][up to 3]4')
    expect(flow.origin.requests(next)).toHaveLength(1)
  })

  it('fetches the link at once when the item was published before the hold', async () => {
    const channel = await channelAt('2')
    const { stream, next } = await open('2', channel)
    expect(await stream.until('[up to 2]')).toBe('[1][up to 2]')
    expect(await lastIds(next, 1)).toEqual([`${channel}; last-id=1`])
    await flow.publish(item(channel, '3', '2'))
    expect(await stream.until(']3')).toBe('[1][up to 2]3')
  })

  it('fetches the link for a hint', async () => {
    const { stream, channel } = await open('1')
    await flow.publish(chained(streamItem(channel, { action: 'hint' }), '2', '1'))
    expect(await stream.until('[up to 1]', 900)).toBe('[1][up to 1]')
  })

  it('and no prev-id fetches the link for a hint, too, and goes on', async () => {
    const channel = uniqueName('channel')
    const next = flow.origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel },
      body: '[next]',
    })
    const links = { 'Grip-Link': `<${next}>; rel=next` }
    const { stream } = await flow.heldStream({ headers: links, body: '[1]' }, { channel })
    await flow.publish(streamItem(channel, { action: 'hint' }))
    await stream.until('[next]', 900)
    await flow.publish(streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('[1][next]news')
    expect((await flow.origin.request(next)).all('grip-last')).toEqual([])
  })
})

describeFlows('a hint for a stream without a next link', () => {
  it('changes nothing', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello ' })
    await flow.publish(streamItem(channel, { action: 'hint' }), streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('hello news')
  })
})

const itHints = holdfastOnly(it, 'an extension: an action for every kind of hold')
describeFlows('an item that is nothing but a hint', () => {
  itHints('is one for long polls', async () => {
    const channel = uniqueName('channel')
    const poll = await flow.longPoll(flow.origin.answers([held(channel), fresh]))
    await flow.server.subscribed(channel)
    await flow.publish({ channel, action: 'hint' })
    expect((await poll.answer()).text).toBe('fresh')
  })
})

describeFlows('POST /recover', () => {
  const recover = (server = flow.server) => get(server.controlPort, '/recover/', { method: 'POST', body: '' })

  it('makes every long poll ask its origin again, and tell what it has', async () => {
    const channel = uniqueName('channel')
    const paths = [
      flow.origin.answers([held(channel), fresh]),
      flow.origin.answers([held(`${channel}; prev-id=1`), fresh]),
    ]
    const polls = await Promise.all(paths.map((path) => flow.longPoll(path)))
    await flow.server.subscribed(channel, 2)
    expect((await recover()).text).toBe('Updated\n')
    for (const poll of polls) expect((await poll.answer()).text).toBe('fresh')
    expect(await lastIds(paths[0]!, 2)).toEqual([])
    expect(await lastIds(paths[1]!, 2)).toEqual([`${channel}; last-id=1`])
  })

  it('makes a stream fetch its next link', async () => {
    const channel = uniqueName('channel')
    const next = flow.origin.answer({ body: 'that was all' })
    const links = { 'Grip-Link': `<${next}>; rel=next` }
    const { stream } = await flow.heldStream({ headers: links, body: 'hello ' }, { channel })
    await recover()
    expect(await stream.ended()).toEqual({ complete: true, text: 'hello that was all' })
  })

  it('leaves a stream without a next link alone', async () => {
    const { stream, channel } = await flow.heldStream({ body: 'hello ' })
    await recover()
    await flow.publish(streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('hello news')
  })

  it('makes the proxy forget which items came last', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(item(channel, '1'))
    await stream.until('1')
    await recover()
    await flow.publish(item(channel, '9', '8'))
    expect(await stream.until('9', 1000)).toBe('19')
  })
})

/** Holds on a new channel and answers how often the origin was asked within a second and a half. */
async function questions(asked: Flow): Promise<number> {
  const { path } = await asked.heldPoll({ headers: { 'Grip-Timeout': '60' } })
  await passTime(1800)
  return asked.origin.requests(path).length
}

describeFlows('the first long poll on a channel', () => {
  const updating = useFlow(routes)
  const still = useFlow(routes, { conf: { handler: { update_on_first_subscription: false } } })

  it('makes the proxy ask the origin once more after a second', async () => {
    expect(await questions(updating)).toBe(2)
  })

  const itAsksOnce = holdfastOnly(it, 'since 1.41')
  itAsksOnce('is left alone when update_on_first_subscription is off', async () => {
    expect(await questions(still)).toBe(1)
  })

  it('may be answered so', async () => {
    const channel = uniqueName('channel')
    const path = updating.origin.answers([held(`${channel}; prev-id=1`), fresh])
    const poll = await updating.longPoll(path)
    expect((await poll.answer()).text).toBe('fresh')
    expect((await updating.origin.request(path, 2)).all('grip-last')).toEqual([`${channel}; last-id=1`])
  })

  it('is followed by others that are held without a second question', async () => {
    const { path, channel } = await updating.heldPoll({ headers: { 'Grip-Timeout': '60' } })
    await updating.origin.request(path, 2)
    await updating.server.subscribed(channel, 2)
    const other = updating.origin.answer(held(channel))
    await updating.longPoll(other)
    await updating.server.subscribed(channel, 3)
    await passTime(1500)
    expect(updating.origin.requests(other)).toHaveLength(1)
  })

  it('is asked about for a stream by its next link', async () => {
    const next = updating.origin.answer({ body: 'all' })
    const channel = uniqueName('channel')
    const headers = {
      'Grip-Hold': 'stream',
      'Grip-Channel': channel,
      'Grip-Link': `<${next}>; rel=next`,
    }
    const stream = await updating.openStream(updating.origin.answer({ headers, body: 'first ' }))
    expect(await stream.ended()).toEqual({ complete: true, text: 'first all' })
  })
})

describeFlows('a route that is gone when the origin is to be asked again', () => {
  const changing = useFlow((origin) => [`* ${origin}`, `*,path_beg=/gone,id=gone ${origin}`], { conf: alone })

  const itChanges = holdfastOnly(it, 'Pushpin 1.36 crashes')
  itChanges('costs its client a 502', async () => {
    const { poll, channel } = await changing.heldPoll({}, { under: '/gone' })
    await changing.server.setRoutes([`* ${changing.origin.address}`])
    await changing.publish(responseItem(channel, { action: 'hint' }))
    const response = await poll.answer()
    expect([response.status, response.text]).toEqual([502, 'Route not found\n'])
  })

  itChanges('does not matter to an answer that needs no question', async () => {
    const routed = [`* ${changing.origin.address}`, `*,path_beg=/gone,id=gone ${changing.origin.address}`]
    await changing.server.setRoutes(routed)
    const { poll, channel } = await changing.heldPoll({}, { under: '/gone' })
    await changing.server.setRoutes([`* ${changing.origin.address}`])
    await changing.publish(responseItem(channel, 'news'))
    expect((await poll.answer()).text).toBe('news')
  })
})
