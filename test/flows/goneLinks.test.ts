import { afterEach, beforeEach, expect, it } from 'vitest'
import { Flow, useFlow } from '../support/flow.ts'
import { type Answer, headerPairs, startOrigin, uniqueName } from '../support/origin.ts'
import { chained, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly, startTarget } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const itTells = holdfastOnly(it, 'since 1.41')
const routes = (origin: string) => [`* ${origin}`, `*,path_beg=/rewritten,replace_beg=/inner ${origin}`]
const conf = { handler: { update_on_first_subscription: false } }
const flow = useFlow(routes, { conf })

const goneLink = (url: string) => ({ 'Grip-Link': `<${url}>; rel=gone` })

/** A path to tell of those that are gone, and a client that is held with it. */
async function held(mode: 'stream' | 'poll', answer: Answer = {}, used = flow) {
  const gone = used.origin.answer({})
  const headers = [...headerPairs(answer.headers), ...headerPairs(goneLink(gone))]
  if (mode === 'stream') return { gone, ...(await used.heldStream({ ...answer, headers })) }
  return { gone, ...(await used.heldPoll({ ...answer, headers })) }
}
const heldStream = async (answer?: Answer, used?: Flow) =>
  (await held('stream', answer, used)) as { gone: string } & Awaited<ReturnType<Flow['heldStream']>>
const heldPoll = async (answer?: Answer, used?: Flow) =>
  (await held('poll', answer, used)) as { gone: string } & Awaited<ReturnType<Flow['heldPoll']>>

/** Waits for the call, and for what would come with it if there were one too many. */
async function toldOnce(gone: string, used = flow): Promise<void> {
  await used.origin.request(gone)
  await used.settled()
  expect(used.origin.requests(gone)).toHaveLength(1)
}

describeFlows('an origin that gave a gone link is told when a stream', () => {
  itTells('is left by its client', async () => {
    const { stream, gone } = await heldStream({ body: 'hello' })
    await flow.settled()
    expect(flow.origin.requests(gone)).toHaveLength(0)
    stream.client.destroy()
    await toldOnce(gone)
  })

  itTells('is reset by its client', async () => {
    const { stream, gone } = await heldStream({ body: 'hello' })
    stream.client.socket.resetAndDestroy()
    await toldOnce(gone)
  })

  itTells('is ended by a published close', async () => {
    const { channel, gone } = await heldStream()
    await flow.publish(streamItem(channel, { action: 'close' }))
    await toldOnce(gone)
  })

  itTells('is ended by a close for every kind of hold', async () => {
    const { channel, gone } = await heldStream()
    await flow.publish({ channel, action: 'close' })
    await toldOnce(gone)
  })

  itTells('is ended by the last page of its next links', async () => {
    const gone = flow.origin.answer({})
    const next = flow.origin.answer({ body: 'last' })
    const links = `<${next}>; rel=next, <${gone}>; rel=gone`
    expect((await flow.answered({ headers: { 'Grip-Link': links }, body: 'first ' })).text).toBe('first last')
    await toldOnce(gone)
  })

  itTells('is ended by a next link that cannot be followed', async () => {
    const gone = flow.origin.answer({})
    const next = flow.origin.answer({ headers: { 'Grip-Hold': 'response', 'Grip-Channel': 'any' } })
    const links = `<${next}>; rel=next, <${gone}>; rel=gone`
    await flow.answered({ headers: { 'Grip-Link': links }, body: 'first ' })
    await toldOnce(gone)
  })

  itTells('is ended because it missed an item', async () => {
    const gone = flow.origin.answer({})
    const channel = uniqueName('channel')
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `${channel}; prev-id=1`, ...goneLink(gone) }
    await flow.openStream(flow.origin.answer({ headers }))
    await flow.server.subscribed(channel)
    await flow.publish(chained(streamItem(channel, 'x'), '9', '8'))
    await toldOnce(gone)
  })
})

describeFlows('an origin that gave a gone link is told when a long poll', () => {
  itTells('is answered with an item', async () => {
    const { poll, channel, gone } = await heldPoll()
    await flow.publish(responseItem(channel, 'news'))
    expect((await poll.answer()).text).toBe('news')
    await toldOnce(gone)
  })

  itTells('is answered because its time is up', async () => {
    const { poll, gone } = await heldPoll({ headers: { 'Grip-Timeout': '5' }, body: 'timeout' })
    expect((await poll.answer(8000)).text).toBe('timeout')
    await toldOnce(gone)
  })

  itTells('is left by its client', async () => {
    const { poll, gone } = await heldPoll()
    poll.client.destroy()
    await toldOnce(gone)
  })

  itTells('is ended by a published close', async () => {
    const { poll, channel, gone } = await heldPoll()
    await flow.publish({ channel, action: 'close' })
    await poll.answer()
    await toldOnce(gone)
  })
})

describeFlows('an origin that gave a gone link is not told when a long poll', () => {
  itTells('has the origin asked again, until the second hold ends (ODD-21)', async () => {
    const [first, second] = [flow.origin.answer({}), flow.origin.answer({})]
    const channels = [uniqueName('a'), uniqueName('b')] as const
    const answer = (channel: string, gone: string): Answer => ({
      headers: { 'Grip-Hold': 'response', 'Grip-Channel': channel, ...goneLink(gone) },
    })
    const poll = await flow.longPoll(
      flow.origin.answers([answer(channels[0], first), answer(channels[1], second)]),
    )
    await flow.server.subscribed(channels[0])
    await flow.publish(responseItem(channels[0], { action: 'hint' }))
    await flow.server.subscribed(channels[1])
    await flow.publish(responseItem(channels[1], 'news'))
    await poll.answer()
    await toldOnce(second)
    expect(flow.origin.requests(first)).toHaveLength(0)
  })
})

describeFlows('an origin that gave a gone link without a hold', () => {
  itTells('is not told: nobody was held', async () => {
    const gone = flow.origin.answer({})
    expect((await flow.answered({ headers: goneLink(gone), body: 'done' })).text).toBe('done')
    await flow.settled()
    expect(flow.origin.requests(gone)).toHaveLength(0)
  })
})

describeFlows('the call of a gone link', () => {
  itTells('is a signed POST with nothing in it', async () => {
    const { stream, gone } = await heldStream()
    stream.client.destroy()
    const call = await flow.origin.request(gone)
    expect(call.method).toBe('POST')
    expect(call.header('content-length')).toBe('0')
    expect(call.body.length).toBe(0)
    expect(call.header('host')).toBe('flow.test')
    expect(call.header('grip-sig')).toBeDefined()
    expect(call.all('grip-last')).toEqual([])
  })

  itTells('goes by the route of the request', async () => {
    const gone = flow.origin.answer({}, '/rewritten')
    const headers = goneLink(gone.slice('/rewritten/'.length))
    const { stream } = await flow.heldStream({ headers }, { under: '/rewritten' })
    stream.client.destroy()
    expect((await flow.origin.request(gone)).target).toBe(gone.replace('/rewritten', '/inner'))
  })

  itTells('goes to where the first answer said, whatever next links said since', async () => {
    const [first, later] = [flow.origin.answer({}), flow.origin.answer({})]
    const channel = uniqueName('channel')
    const next = flow.origin.answer({
      headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel, ...goneLink(later) },
    })
    const headers = { 'Grip-Link': `<${next}>; rel=next, <${first}>; rel=gone` }
    const stream = await flow.openStream(flow.origin.answer({ headers, body: 'first' }))
    await flow.server.subscribed(channel)
    stream.client.destroy()
    await toldOnce(first)
    expect(flow.origin.requests(later)).toHaveLength(0)
  })

  itTells('is relative to the request, whatever next links were fetched since', async () => {
    const gone = flow.origin.answer({}, '/at/first')
    const channel = uniqueName('channel')
    const next = flow.origin.answer(
      { headers: { 'Grip-Hold': 'stream', 'Grip-Channel': channel } },
      '/elsewhere/later',
    )
    const relative = gone.slice('/at/first/'.length)
    const headers = { 'Grip-Link': `<${next}>; rel=next, <${relative}>; rel=gone` }
    const stream = await flow.openStream(flow.origin.answer({ headers, body: 'first' }, '/at/first'))
    await flow.server.subscribed(channel)
    stream.client.destroy()
    expect((await flow.origin.request(gone)).target).toBe(gone)
  })

  itTells('is repeated until it succeeds', async () => {
    const gone = flow.origin.answers([{ status: 500 }, { status: 204 }])
    const { stream } = await flow.heldStream({ headers: goneLink(gone) })
    stream.client.destroy()
    await flow.origin.request(gone, 1)
    await flow.origin.request(gone, 2)
  })

  itTells('is made for each of many clients', async () => {
    const gone = flow.origin.answer({})
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'crowd', ...goneLink(gone) }
    const path = flow.origin.answer({ headers })
    await Promise.all(Array.from({ length: 50 }, () => flow.openStream(path)))
    await flow.server.subscribed('crowd', 50)
    await flow.publish(streamItem('crowd', { action: 'close' }))
    await flow.origin.request(gone, 50)
    await flow.settled()
    expect(flow.origin.requests(gone)).toHaveLength(50)
  })
})

describeFlows('a gone link to another host', () => {
  itTells('is not called', async () => {
    const gone = flow.origin.answer({})
    const { stream } = await flow.heldStream({ headers: goneLink(`http://${flow.origin.address}${gone}`) })
    stream.client.destroy()
    await eventually('the refusal', () => flow.server.logs().includes(`link_hosts=${flow.origin.address}`))
    expect(flow.origin.requests(gone)).toHaveLength(0)
  })
})

describeFlows('a server that is told to stop', () => {
  let stopping: Flow
  beforeEach(async () => {
    stopping = new Flow()
    stopping.origin = await startOrigin()
    stopping.server = await startTarget({
      routes: routes(stopping.origin.address),
      conf: { ...conf, runner: { drain_timeout: 2 } },
    })
  })
  afterEach(async () => {
    await stopping.server.stop()
    await stopping.origin.stop()
  })

  itTells('tells of all its clients before it exits', async () => {
    const stream = await heldStream({ body: 'hello' }, stopping)
    const poll = await heldPoll({ body: 'timeout' }, stopping)
    stopping.server.signal('SIGTERM')
    expect((await stream.stream.ended()).complete).toBe(true)
    expect((await poll.poll.answer()).text).toBe('timeout')
    expect(await stopping.server.exited()).toBe(0)
    for (const { gone } of [stream, poll]) expect(stopping.origin.requests(gone)).toHaveLength(1)
  })

  itTells('waits for the origin to answer', async () => {
    const gone = stopping.origin.script((_request, response) => {
      setTimeout(() => response.writeHead(200).end(), 400)
    })
    await stopping.heldStream({ headers: goneLink(gone) })
    stopping.server.signal('SIGTERM')
    expect(await stopping.server.exited()).toBe(0)
    expect(stopping.origin.requests(gone).map(({ aborted }) => aborted)).toEqual([false])
  })

  itTells('does not wait for ever for an origin that does not answer', async () => {
    const gone = stopping.origin.script(() => {})
    await stopping.heldStream({ headers: goneLink(gone) })
    stopping.server.signal('SIGTERM')
    expect(await stopping.server.exited(10_000)).toBe(0)
  })
})
