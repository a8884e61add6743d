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
  `*,path_beg=/prefixed,prefix=pre- ${origin}`,
  `*,path_beg=/implicit ${origin},sub=${implicitChannel}`,
])

describeFlows('a held long poll', () => {
  it('is answered with what is published', async () => {
    const { poll, channel } = await flow.heldPoll({ body: 'timeout body' })
    await flow.publish(
      responseItem(channel, {
        code: 404,
        reason: 'Not Here',
        headers: { 'X-Item': 'yes' },
        body: 'not found\n',
      }),
    )
    const response = await poll.answer()
    expect(response.status).toBe(404)
    expect(response.reason).toBe('Not Here')
    expect(response.header('x-item')).toBe('yes')
    expect(response.header('content-length')).toBe('10')
    expect(response.text).toBe('not found\n')
  })

  it('is answered 200 OK when the item names no code', async () => {
    const { poll, channel } = await flow.heldPoll({ status: 500 })
    await flow.publish(responseItem(channel, 'fine'))
    const response = await poll.answer()
    expect([response.status, response.reason]).toEqual([200, 'OK'])
  })

  it('is answered with the usual reason when the item names a code only', async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(responseItem(channel, { code: 409, body: '' }))
    expect((await poll.answer()).reason).toBe('Conflict')
  })

  it('is answered with binary content byte by byte', async () => {
    const { poll, channel } = await flow.heldPoll()
    const bytes = Buffer.from([0, 255, 13, 10, 128])
    await flow.publish(responseItem(channel, { 'body-bin': bytes.toString('base64') }))
    expect((await poll.answer()).body).toEqual(bytes)
  })

  it('is answered with 1 MB of text', async () => {
    const { poll, channel } = await flow.heldPoll()
    const body = 'ü'.repeat(400_000)
    await flow.publish(responseItem(channel, body))
    expect((await poll.answer()).text).toBe(body)
  })

  it("keeps the headers of the origin's answer, but for those that the item has too", async () => {
    const headers: HeaderList = [
      ['Content-Type', 'text/plain'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['X-Replaced', 'one'],
      ['x-replaced', 'two'],
      ['ETag', '"v1"'],
    ]
    const { poll, channel } = await flow.heldPoll({ headers, body: 'timeout body' })
    const itemHeaders = [
      ['X-REPLACED', 'three'],
      ['content-type', 'application/json'],
    ]
    await flow.publish(responseItem(channel, { headers: itemHeaders, body: '{}' }))
    const response = await poll.answer()
    expect(response.all('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(response.all('x-replaced')).toEqual(['three'])
    expect(response.all('content-type')).toEqual(['application/json'])
    expect(response.all('etag')).toEqual(['"v1"'])
    expect(response.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
    expect(response.all('content-length')).toEqual(['2'])
  })

  it("does not get the item's Grip headers", async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(
      responseItem(channel, { headers: { 'Grip-Channel': 'other', 'X-Kept': 'k' }, body: 'x' }),
    )
    const response = await poll.answer()
    expect(response.header('grip-channel')).toBeUndefined()
    expect(response.header('x-kept')).toBe('k')
  })

  holdfastOnly(it, 'ODD-17')("gets only the headers that the item's Grip-Expose-Headers names", async () => {
    const { poll, channel } = await flow.heldPoll({ headers: { 'X-Shown': 's', 'X-Hidden': 'h' } })
    await flow.publish(responseItem(channel, { headers: { 'Grip-Expose-Headers': 'X-Shown' }, body: 'x' }))
    const response = await poll.answer()
    expect(response.header('x-shown')).toBe('s')
    expect(response.header('x-hidden')).toBeUndefined()
  })

  it('gets only the headers that the instruction exposes', async () => {
    const headers = { 'Grip-Expose-Headers': 'X-Shown, ETag', 'X-Shown': 's', 'X-Hidden': 'h' }
    const { poll, channel } = await flow.heldPoll({ headers })
    await flow.publish(responseItem(channel, 'x'))
    const response = await poll.answer()
    expect(response.header('x-shown')).toBe('s')
    expect(response.header('x-hidden')).toBeUndefined()
  })

  it('may be a POST with a body', async () => {
    const { poll, channel, path } = await flow.heldPoll({}, { method: 'POST', body: 'question' })
    await flow.publish(responseItem(channel, 'answer'))
    expect((await poll.answer()).text).toBe('answer')
    expect((await flow.origin.request(path)).body.toString()).toBe('question')
  })

  it('may come from an HTTP/1.0 client', async () => {
    const { poll, channel } = await flow.heldPoll({}, { version: '1.0' })
    await flow.publish(responseItem(channel, 'old style'))
    const response = await poll.answer()
    expect(response.text).toBe('old style')
    expect(response.header('transfer-encoding')).toBeUndefined()
    await poll.client.closed()
  })

  holdfastOnly(it, 'ODD-10')('that is a HEAD gets no body', async () => {
    const { poll, channel } = await flow.heldPoll({}, { method: 'HEAD' })
    await flow.publish(responseItem(channel, 'no body'))
    const response = await poll.answer()
    expect(response.header('content-length')).toBe('7')
    poll.client.send(requestBytes(flow.origin.answer({ body: 'in step' })))
    expect((await poll.client.response()).text).toBe('in step')
  })

  it('leaves its connection usable for the next one', async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(responseItem(channel, 'first'))
    expect((await poll.answer()).text).toBe('first')
    const next = uniqueName('next')
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': next }
    poll.client.send(requestBytes(flow.origin.answer({ headers })))
    await flow.server.subscribed(next)
    await flow.publish(responseItem(next, 'second'))
    expect((await poll.answer()).text).toBe('second')
  })

  it('lets a pipelined request wait until it is answered', async () => {
    const { poll, channel } = await flow.heldPoll()
    poll.client.send(requestBytes(flow.origin.answer({ body: 'behind' })))
    await flow.publish(responseItem(channel, 'held'))
    expect((await poll.answer()).text).toBe('held')
    expect((await poll.client.response()).text).toBe('behind')
  })

  it('is answered by the first of several items', async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(responseItem(channel, 'first'), responseItem(channel, 'second'))
    expect((await poll.answer()).text).toBe('first')
    poll.client.send(requestBytes(flow.origin.answer({ body: 'nothing between' })))
    expect((await poll.client.response()).text).toBe('nothing between')
  })

  it('is not answered by items of other formats, nor by close', async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(
      streamItem(channel, 'for streams'),
      { channel, formats: { 'ws-message': { content: 'for sockets' } } },
      responseItem(channel, { action: 'close' }),
      responseItem(channel, 'for long polls'),
    )
    expect((await poll.answer()).text).toBe('for long polls')
  })

  it('gets a published 204 without a body', async () => {
    const { poll, channel } = await flow.heldPoll()
    await flow.publish(responseItem(channel, { code: 204, body: '' }))
    expect((await poll.answer()).status).toBe(204)
    poll.client.send(requestBytes(flow.origin.answer({ body: 'in step' })))
    expect((await poll.client.response()).text).toBe('in step')
  })
})

describeFlows('a published body-patch', () => {
  const patch = (...operations: readonly unknown[]) => ({ 'body-patch': operations })

  it("changes the body of the origin's answer, and the client gets the result", async () => {
    const { poll, channel } = await flow.heldPoll({ body: '{"count": 1, "list": ["a", "b"], "old": true}\n' })
    const operations = [
      { op: 'replace', path: '/count', value: 2 },
      { op: 'add', path: '/list/-', value: 'c' },
      { op: 'remove', path: '/old' },
      { op: 'add', path: '/new', value: { deep: [1] } },
    ]
    await flow.publish(responseItem(channel, { code: 201, ...patch(...operations) }))
    const response = await poll.answer()
    expect(response.status).toBe(201)
    expect(JSON.parse(response.text)).toEqual({ count: 2, list: ['a', 'b', 'c'], new: { deep: [1] } })
    expect(response.text).toMatch(/\}\n$/)
    expect(response.header('content-length')).toBe(String(response.body.length))
  })

  it('may replace the whole body, as Pushpin spells its root', async () => {
    const { poll, channel } = await flow.heldPoll({ body: '{"count":1}' })
    await flow.publish(responseItem(channel, patch({ op: 'replace', path: '/', value: { fresh: true } })))
    expect(JSON.parse((await poll.answer()).text)).toEqual({ fresh: true })
  })

  holdfastOnly(it, 'ODD-24')('that cannot be applied leaves the long poll held', async () => {
    const { poll, channel } = await flow.heldPoll({ body: '{"count":1}' })
    await flow.publish(
      responseItem(channel, patch({ op: 'remove', path: '/missing' })),
      responseItem(channel, 'still held'),
    )
    expect((await poll.answer()).text).toBe('still held')
  })
})

describeFlows('a published hint', () => {
  it('makes the proxy ask the origin again with the same request, and the client sees only the second answer', async () => {
    const channel = uniqueName('channel')
    const held = { headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel }, body: 'timeout' }
    const path = flow.origin.answers([held, { status: 201, headers: { 'X-Second': 'yes' }, body: 'fresh' }])
    const options = { method: 'POST', body: 'question', headers: { 'X-Asked': 'q', Cookie: 'a=1' } }
    const poll = await flow.longPoll(`${path}?query=1`, options)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, { action: 'hint' }))
    // Sooner than the second request that Pushpin makes 1.1 s after the first subscription to a channel.
    const response = await poll.answer(900)
    expect(response.status).toBe(201)
    expect(response.header('x-second')).toBe('yes')
    expect(response.text).toBe('fresh')
    const [first, again] = [await flow.origin.request(path), await flow.origin.request(path, 2)]
    expect(again.method).toBe('POST')
    expect(again.target).toBe(first.target)
    expect(again.header('x-asked')).toBe('q')
    expect(again.header('cookie')).toBe('a=1')
    expect(again.body.toString()).toBe('question')
  })

  it('may lead to another hold', async () => {
    const [before, after] = [uniqueName('before'), uniqueName('after')]
    const held = (channel: string) => ({ headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel } })
    const poll = await flow.longPoll(flow.origin.answers([held(before), held(after)]))
    await flow.server.subscribed(before)
    await flow.publish(responseItem(before, { action: 'hint' }))
    await flow.server.subscribed(after)
    await flow.publish(responseItem(before, 'no longer'), responseItem(after, 'news'))
    expect((await poll.answer()).text).toBe('news')
  })

  it('tells the origin the prev-id that the hold had', async () => {
    const channel = uniqueName('channel')
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': `${channel}; prev-id=41` }
    const path = flow.origin.answers([{ headers }, { body: 'fresh' }])
    const poll = await flow.longPoll(path)
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, { action: 'hint' }))
    expect((await poll.answer()).text).toBe('fresh')
    expect((await flow.origin.request(path, 2)).all('grip-last')).toEqual([`${channel}; last-id=41`])
  })
})

describeFlows('the channels of a long poll', () => {
  it.each([0, 1, 2])('may be several, any of which answers it (%i)', async (index) => {
    const channels = [uniqueName('a'), uniqueName('b'), uniqueName('c')]
    const headers: HeaderList = [
      ['Grip-Hold', 'response'],
      ['Grip-Channel', `${channels[0]}, ${channels[1]}`],
      ['Grip-Channel', channels[2]!],
    ]
    const poll = await flow.longPoll(flow.origin.answer({ headers }))
    await flow.server.subscribed(channels[2]!)
    await flow.publish(responseItem(channels[index]!, `from ${index}`))
    expect((await poll.answer()).text).toBe(`from ${index}`)
  })

  it('may be shared by many, who are all answered', async () => {
    const channel = uniqueName('shared')
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel } })
    const polls = await Promise.all(Array.from({ length: 30 }, () => flow.longPoll(path)))
    await flow.server.subscribed(channel, 30)
    await flow.publish(responseItem(channel, 'to all'))
    const answers = await Promise.all(polls.map((poll) => poll.answer()))
    expect(new Set(answers.map((answer) => answer.text))).toEqual(new Set(['to all']))
  })

  it("have the route's prefix for publishers", async () => {
    const channel = uniqueName('channel')
    const { poll } = await flow.heldPoll({}, { under: '/prefixed', channel, subscribedAs: `pre-${channel}` })
    await flow.publish(responseItem(channel, 'without prefix'), responseItem(`pre-${channel}`, 'with prefix'))
    expect((await poll.answer()).text).toBe('with prefix')
  })

  it("include that of the target's sub property", async () => {
    const { poll } = await flow.heldPoll({}, { under: '/implicit' })
    await flow.server.subscribed(implicitChannel)
    await flow.publish(responseItem(implicitChannel, 'by the route'))
    expect((await poll.answer()).text).toBe('by the route')
  })

  it('beyond connection_subscription_max are ignored', async () => {
    const channels = Array.from({ length: 21 }, () => uniqueName('many'))
    const headers = { 'Grip-Hold': 'response', 'Grip-Channel': channels.join(', ') }
    const poll = await flow.longPoll(flow.origin.answer({ headers }))
    await flow.server.subscribed(channels[19]!)
    await flow.publish(responseItem(channels[20]!, 'the 21st'), responseItem(channels[19]!, 'the 20th'))
    expect((await poll.answer()).text).toBe('the 20th')
  })

  it('may have names of any characters', async () => {
    const channel = `${uniqueName('odd')} ü/%20"{}é`
    const body = JSON.stringify({ hold: { channels: [{ name: channel }] } })
    const poll = await flow.longPoll(
      flow.origin.answer({ headers: { 'Content-Type': 'application/grip-instruct' }, body }),
    )
    await flow.server.subscribed(channel)
    await flow.publish(responseItem(channel, 'found'))
    expect((await poll.answer()).text).toBe('found')
  })
})

describeFlows('a client that leaves', () => {
  holdfastOnly(it, 'only holdfast tells how many holds an item reached')('is no longer held', async () => {
    const { poll, channel } = await flow.heldPoll()
    poll.client.destroy()
    await eventually('nobody holds the channel', async () => {
      const [item] = await publishCounted(flow.server.controlPort, [
        responseItem(channel, { action: 'refresh' }),
      ])
      return item!.holds === 0
    })
  })
})

// The least timeout is 5 s. Pushpin asks the origin again 1.1 s after the first subscription to a channel, whereupon
// the time starts anew.
const TIMEOUT_MS = 10_000

describeFlows('a long poll that nothing is published for', () => {
  it.concurrent("gets the origin's answer after Grip-Timeout", async () => {
    const started = Date.now()
    const { poll } = await flow.heldPoll({
      status: 202,
      reason: 'Nothing Yet',
      headers: { 'Grip-Timeout': '5', 'Content-Type': 'application/json', 'Set-Cookie': 'a=1' },
      body: '{"nothing":true}',
    })
    const response = await poll.answer(TIMEOUT_MS)
    expect(Date.now() - started).toBeGreaterThan(4900)
    expect([response.status, response.reason]).toEqual([202, 'Nothing Yet'])
    expect(response.header('content-type')).toBe('application/json')
    expect(response.header('set-cookie')).toBe('a=1')
    expect(response.header('content-length')).toBe('16')
    expect(response.text).toBe('{"nothing":true}')
    expect(response.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
    poll.client.send(requestBytes(flow.origin.answer({ body: 'in step' })))
    expect((await poll.client.response()).text).toBe('in step')
  })

  it.concurrent('waits 5 seconds even where Grip-Timeout is less', async () => {
    const started = Date.now()
    const { poll } = await flow.heldPoll({ headers: { 'Grip-Timeout': '1' }, body: 'time is up' })
    expect((await poll.answer(TIMEOUT_MS)).text).toBe('time is up')
    expect(Date.now() - started).toBeGreaterThan(4900)
  })

  it.concurrent('gets the status of Grip-Status', async () => {
    const headers = { 'Grip-Timeout': '5', 'Grip-Status': '503 Try Later' }
    const { poll } = await flow.heldPoll({ headers })
    const response = await poll.answer(TIMEOUT_MS)
    expect([response.status, response.reason]).toEqual([503, 'Try Later'])
  })

  it.concurrent('may be held without a channel', async () => {
    const headers = { 'Grip-Hold': 'response', 'Grip-Timeout': '5' }
    const poll = await flow.longPoll(flow.origin.answer({ headers, body: 'nobody published' }))
    expect((await poll.answer(TIMEOUT_MS)).text).toBe('nobody published')
  })
})
