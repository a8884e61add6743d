import { expect, it } from 'vitest'
import { get } from '../support/client.ts'
import { type Flow, useFlow } from '../support/flow.ts'
import { type Answer, uniqueName } from '../support/origin.ts'
import { chained, responseItem, streamItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { passTime } from '../support/waiting.ts'

const itKeeps = holdfastOnly(it, 'history')
const routes = (origin: string) => [`* ${origin}`, `*,path_beg=/prefixed,prefix=pre- ${origin}`]
const conf = (more: Record<string, string | number> = {}) => ({
  conf: { handler: { update_on_first_subscription: false, ...more } },
})
const flow = useFlow(routes, conf())

const item = (channel: string, n: number) => {
  const formats = { 'http-response': { body: `<${n}>` }, 'http-stream': { content: `<${n}>` } }
  return chained({ channel, formats }, `${n}`, n === 1 ? undefined : `${n - 1}`)
}
const row = (channel: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => item(channel, from + index))
const text = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `<${from + index}>`).join('')
const after = (mode: 'stream' | 'response', channel: string, prevId: string | number): Answer => ({
  headers: { 'Grip-Hold': mode, 'Grip-Channel': `${channel}; prev-id=${prevId}` },
  body: mode === 'stream' ? '[initial]' : 'timeout',
})

describeFlows('a stream whose prev-id is known', () => {
  itKeeps('gets what was published after it, and then the live items, each once', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 1, 5))
    const path = flow.origin.answer(after('stream', channel, 2))
    const stream = await flow.openStream(path)
    await stream.until('<5>')
    await flow.publish(...row(channel, 6, 7))
    expect(await stream.until('<7>')).toBe(`[initial]${text(3, 7)}`)
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  itKeeps('gets nothing twice that is published while it comes', async () => {
    const channel = uniqueName('channel')
    await flow.publish(item(channel, 1))
    const path = flow.origin.answer(after('stream', channel, 1))
    const publishing = (async () => {
      for (let n = 2; n <= 60; n++) await flow.publish(item(channel, n))
    })()
    const streams = await Promise.all(Array.from({ length: 20 }, () => flow.openStream(path)))
    await publishing
    for (const stream of streams) expect(await stream.until('<60>')).toBe(`[initial]${text(2, 60)}`)
  })

  itKeeps('gets nothing but live items if it has the last one', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 1, 3))
    const path = flow.origin.answer(after('stream', channel, 3))
    const stream = await flow.openStream(path)
    await stream.until('[initial]')
    await flow.publish(item(channel, 4))
    expect(await stream.until('<4>')).toBe('[initial]<4>')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  itKeeps('gets the items of several channels', async () => {
    const [one, two] = [uniqueName('one'), uniqueName('two')]
    await flow.publish(...row(one, 1, 3), ...row(two, 1, 3))
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `${one}; prev-id=1, ${two}; prev-id=2` }
    const stream = await flow.openStream(flow.origin.answer({ headers }))
    expect(await stream.untilBody((body) => body.length >= 9)).toBe('<2><3><3>')
  })

  itKeeps('gets what has the prefix of its route', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(`pre-${channel}`, 1, 3))
    const stream = await flow.openStream(flow.origin.answer(after('stream', channel, 1), '/prefixed'))
    expect(await stream.until('<3>')).toBe('[initial]<2><3>')
  })

  itKeeps('is not ended by a close that was for those before it', async () => {
    const channel = uniqueName('channel')
    const close = chained(streamItem(channel, { action: 'close' }), '3', '2')
    await flow.publish(...row(channel, 1, 2), close, item(channel, 4))
    const stream = await flow.openStream(flow.origin.answer(after('stream', channel, 1)))
    expect(await stream.until('<4>')).toBe('[initial]<2><4>')
  })

  itKeeps('misses no item that was parked when it came', async () => {
    const { stream: first, channel } = await flow.heldStream()
    await flow.publish(item(channel, 1), item(channel, 3))
    await first.until('<1>')
    const stream = await flow.openStream(flow.origin.answer(after('stream', channel, 1)))
    await stream.until('[initial]')
    await flow.publish(item(channel, 2))
    expect(await stream.until('<3>')).toBe('[initial]<2><3>')
    expect(await first.until('<3>')).toBe('<1><2><3>')
  })
})

describeFlows('a long poll whose prev-id is known', () => {
  itKeeps('is answered with the next item at once', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 1, 3))
    const path = flow.origin.answer(after('response', channel, 1))
    expect((await flow.get(path)).text).toBe('<2>')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  itKeeps('waits if it has the last one', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 1, 3))
    const poll = await flow.longPoll(flow.origin.answer(after('response', channel, 3)))
    await flow.server.subscribed(channel)
    await flow.publish(item(channel, 4))
    expect((await poll.answer()).text).toBe('<4>')
  })

  itKeeps('skips items that are not for long polls', async () => {
    const channel = uniqueName('channel')
    await flow.publish(item(channel, 1), chained(streamItem(channel, 'no'), '2', '1'), item(channel, 3))
    expect((await flow.get(flow.origin.answer(after('response', channel, 1)))).text).toBe('<3>')
  })

  itKeeps('sees every item by polling in turn, while they are published', async () => {
    const channel = uniqueName('channel')
    await flow.publish(item(channel, 1))
    let had = 1
    const path = flow.origin.script((_request, response) => {
      const { headers, body } = after('response', channel, had)
      response.writeHead(200, Object.entries(headers as object).flat()).end(body)
    })
    const publishing = (async () => {
      for (let n = 2; n <= 80; n++) await flow.publish(item(channel, n))
    })()
    const seen: string[] = []
    for (; had < 80; had++) seen.push((await flow.get(path)).text)
    await publishing
    expect(seen.join('')).toBe(text(2, 80))
    expect(flow.origin.requests(path)).toHaveLength(79)
  })
})

describeFlows('a prev-id that is not known', () => {
  itKeeps('makes the proxy ask the origin once, for a long poll', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 5, 6))
    const path = flow.origin.answers([after('response', channel, 1), { body: 'fresh' }])
    expect((await flow.get(path)).text).toBe('fresh')
    expect((await flow.origin.request(path, 2)).all('grip-last')).toEqual([`${channel}; last-id=1`])
  })

  itKeeps('makes the proxy ask the origin once, for a stream, before anything is sent', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 5, 6))
    const second: Answer = { ...after('stream', channel, 6), body: '[2 to 6]' }
    const path = flow.origin.answers([{ ...after('stream', channel, 1), body: '' }, second])
    const stream = await flow.openStream(path)
    await stream.until('[2 to 6]')
    await flow.publish(item(channel, 7))
    expect(await stream.until('<7>')).toBe('[2 to 6]<7>')
    expect((await flow.origin.request(path, 2)).all('grip-last')).toEqual([`${channel}; last-id=1`])
  })

  itKeeps('of an answer with a body says nothing of what the client has: that is not sent', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 5, 6))
    const second: Answer = { ...after('stream', channel, 6), body: '[1 to 6]' }
    const path = flow.origin.answers([after('stream', channel, 1), second])
    const stream = await flow.openStream(path)
    expect(await stream.until(']')).toBe('[1 to 6]')
    expect((await flow.origin.request(path, 2)).all('grip-last')).toEqual([])
  })

  itKeeps('is taken as it is if the origin says it again', async () => {
    const channel = uniqueName('channel')
    await flow.publish(...row(channel, 5, 6))
    const path = flow.origin.answer(after('response', channel, 'x'))
    const poll = await flow.longPoll(path)
    await flow.origin.request(path, 2)
    await flow.server.subscribed(channel)
    await flow.publish(chained(responseItem(channel, 'news'), 'y', 'x'))
    expect((await poll.answer()).text).toBe('news')
    expect(flow.origin.requests(path)).toHaveLength(2)
  })

  itKeeps('of a channel that nothing is known of is taken as it is', async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.answer(after('stream', channel, 4))
    const stream = await flow.openStream(path)
    await stream.until('[initial]')
    await flow.publish(item(channel, 5))
    expect(await stream.until('<5>')).toBe('[initial]<5>')
    expect(flow.origin.requests(path)).toHaveLength(1)
  })

  itKeeps('becomes known to a held stream whose missing items come late', async () => {
    const channel = uniqueName('channel')
    const stream = await flow.openStream(flow.origin.answer(after('stream', channel, 1)))
    await stream.until('[initial]')
    await flow.publish(item(channel, 2), item(channel, 4), item(channel, 3))
    expect(await stream.until('<4>')).toBe('[initial]<2><3><4>')
  })
})

describeFlows('a held stream that misses an item which nobody has', () => {
  itKeeps('is ended, so that its client comes back to the origin', async () => {
    const channel = uniqueName('channel')
    const stream = await flow.openStream(flow.origin.answer(after('stream', channel, 1)))
    await stream.until('[initial]')
    await flow.publish({ ...item(channel, 9), 'no-seq': true })
    expect(await stream.ended()).toEqual({ complete: true, text: '[initial]' })
  })
})

describeFlows('an EventSource that comes back', () => {
  const event = (channel: string, n: number) =>
    chained(streamItem(channel, `id: ${n}\ndata: ${n}\n\n`), `${n}`, n === 1 ? undefined : `${n - 1}`)

  itKeeps('resumes by one line in its origin', async () => {
    const channel = uniqueName('channel')
    const path = flow.origin.script((request, response) => {
      const lastEventId = request.header('last-event-id')
      const prevId = lastEventId === undefined ? '' : `; prev-id=${lastEventId}`
      response
        .writeHead(200, {
          'Content-Type': 'text/event-stream',
          'Grip-Hold': 'stream',
          'Grip-Channel': `${channel}${prevId}`,
        })
        .end()
    })
    const first = await flow.openStream(path)
    await flow.server.subscribed(channel)
    await flow.publish(event(channel, 1), event(channel, 2))
    await first.until('data: 2\n\n')
    first.client.destroy()
    await flow.publish(event(channel, 3), event(channel, 4))
    const second = await flow.openStream(path, { headers: { 'Last-Event-ID': '2' } })
    await second.until('data: 4\n\n')
    await flow.publish(event(channel, 5))
    expect((await second.until('data: 5\n\n')).match(/data: \d/g)).toEqual(['data: 3', 'data: 4', 'data: 5'])
    expect(flow.origin.requests(path)).toHaveLength(2)
  })
})

describeFlows('the history of a channel', () => {
  const small = useFlow(routes, conf({ history_size: 3 }))
  const brief = useFlow(routes, conf({ history_ttl: 1 }))
  const tight = useFlow(routes, conf({ history_max_bytes: 3000 }))

  const asksAgain = async (asked: Flow, channel: string, prevId: number) => {
    const path = asked.origin.answers([after('response', channel, prevId), { body: 'fresh' }])
    return (await asked.get(path)).text
  }

  itKeeps('has the last history_size items', async () => {
    const channel = uniqueName('channel')
    await small.publish(...row(channel, 1, 6))
    expect(await asksAgain(small, channel, 4)).toBe('<5>')
    expect(await asksAgain(small, channel, 2)).toBe('fresh')
  })

  itKeeps('has items for history_ttl', async () => {
    const channel = uniqueName('channel')
    const { stream } = await brief.heldStream({}, { channel })
    await brief.publish(...row(channel, 1, 3))
    await stream.until('<3>')
    expect(await asksAgain(brief, channel, 1)).toBe('<2>')
    await passTime(1100)
    expect(await asksAgain(brief, channel, 1)).toBe('fresh')
  })

  itKeeps('has no more than history_max_bytes over all channels', async () => {
    const [old, recent] = [uniqueName('old'), uniqueName('recent')]
    const large = (channel: string, n: number) => ({
      ...item(channel, n),
      formats: { 'http-response': { body: `<${n}>`.padEnd(700) } },
    })
    const { stream } = await tight.heldStream({}, { channel: old })
    await tight.publish(large(old, 1), large(old, 2), streamItem(uniqueName('x'), 'x'))
    await tight.publish(large(recent, 1), large(recent, 2), large(recent, 3))
    expect(await asksAgain(tight, old, 1)).toBe('fresh')
    expect((await asksAgain(tight, recent, 2)).trim()).toBe('<3>')
    stream.client.destroy()
  })

  itKeeps('is forgotten by /recover: something may be missing in it', async () => {
    const { stream, channel } = await flow.heldStream()
    await flow.publish(...row(channel, 1, 3))
    await stream.until('<3>')
    await get(flow.server.controlPort, '/recover/', { method: 'POST', body: '' })
    await flow.publish(item(channel, 4))
    await stream.until('<4>')
    expect(await asksAgain(flow, channel, 1)).toBe('fresh')
  })
})

describeFlows('without history', () => {
  const without = useFlow(routes, conf({ history_size: 0 }))

  it('a long poll behind the last item makes the proxy ask the origin', async () => {
    const { stream, channel } = await without.heldStream()
    await without.publish(...row(channel, 1, 3))
    await stream.until('<3>')
    const path = without.origin.answers([after('response', channel, 2), { body: 'fresh' }])
    expect((await without.get(path)).text).toBe('fresh')
    expect((await without.origin.request(path, 2)).all('grip-last')).toEqual([`${channel}; last-id=2`])
  })

  it('a stream with a prev-id needs a next link', async () => {
    const response = await without.answered(after('stream', uniqueName('channel'), 1))
    expect(response.text).toBe('[initial]')
  })
})
