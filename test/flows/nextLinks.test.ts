import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { hold, linked, nextLink, page } from '../support/nextLinks.ts'
import { uniqueName } from '../support/origin.ts'
import { chained, streamItem } from '../support/publish.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'

const routes = (origin: string) => [
  `* ${origin}`,
  `*,path_beg=/rewritten,replace_beg=/inner ${origin}`,
  `*,path_beg=/prefixed,prefix=pre- ${origin}`,
]
const flow = useFlow(routes, { conf: { handler: { update_on_first_subscription: false } } })

describeFlows('an answer with a next link and no hold', () => {
  it('is continued with what the link answers, and ends with the last page', async () => {
    const third = flow.origin.answer(page('three'))
    const second = flow.origin.answer(page('two ', third))
    const headers = [...nextLink(second), ['Content-Type', 'text/x-pages'], ['X-Own', 'yes']] as HeaderList
    const response = await flow.answered({ status: 203, headers, body: 'one ' })
    expect(response.status).toBe(203)
    expect(response.header('content-type')).toBe('text/x-pages')
    expect(response.header('x-own')).toBe('yes')
    expect(response.header('grip-link')).toBeUndefined()
    expect(response.text).toBe('one two three')
  })

  it('may have a first page without a body', async () => {
    const response = await flow.answered(page('', flow.origin.answer(page('all'))))
    expect(response.text).toBe('all')
  })

  it('may have large pages, which come whole', async () => {
    const large = 'x'.repeat(400_000)
    const response = await flow.answered(
      page('<', flow.origin.answer(page(large, flow.origin.answer(page('>'))))),
    )
    expect(response.text.length).toBe(400_002)
    expect(response.text.endsWith('x>')).toBe(true)
  })

  it('may have a long row of pages', async () => {
    let next: string | undefined
    for (let i = 30; i > 0; i--) next = flow.origin.answer(page(`${i},`, next))
    const response = await flow.answered(page('0,', next))
    expect(response.text).toBe(Array.from({ length: 31 }, (_, i) => `${i},`).join(''))
  })

  it('may lead to a hold', async () => {
    const channel = uniqueName('channel')
    const last = flow.origin.answer({ headers: hold(channel), body: 'two ' })
    const stream = await flow.openStream(flow.origin.answer(page('one ', last)))
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, 'news '), streamItem(channel, { action: 'close' }))
    expect(await stream.ended()).toEqual({ complete: true, text: 'one two news ' })
  })

  it('may lead to a hold with keep-alives', async () => {
    const headers: HeaderList = [...hold(uniqueName('channel')), ['Grip-Keep-Alive', '[alive]; timeout=1']]
    const last = flow.origin.answer({ headers, body: 'two ' })
    const stream = await flow.openStream(flow.origin.answer(page('one ', last)))
    expect(await stream.until('[alive]')).toBe('one two [alive]')
  })

  it('that answers a HEAD is not continued', async () => {
    const second = flow.origin.answer(page('two'))
    const path = flow.origin.answer({ headers: nextLink(second) })
    expect((await flow.get(path, { method: 'HEAD' })).status).toBe(200)
    await flow.answered({ body: 'later' })
    expect(flow.origin.requests(second)).toHaveLength(expected({ holdfast: 0, pushpin: 1 }))
  })
})

describeFlows('the request for a next link', () => {
  const asked = async (under = '', options: { headers?: HeaderList; version?: '1.0' | '1.1' } = {}) => {
    const second = flow.origin.answer(page('two'), under)
    const path = flow.origin.answer(page('one ', second), under)
    const response = await flow.get(path, { method: 'POST', body: 'question', ...options })
    expect(response.text).toBe('one two')
    return flow.origin.request(second)
  }

  it("is a GET with none of the client's headers", async () => {
    const request = await asked('', {
      headers: [
        ['Cookie', 'a=1'],
        ['X-Own', 'yes'],
        ['Authorization', 'Basic YTpi'],
      ],
    })
    expect(request.method).toBe('GET')
    expect(request.body.length).toBe(0)
    expect(request.header('cookie')).toBeUndefined()
    expect(request.header('x-own')).toBeUndefined()
    expect(request.header('authorization')).toBeUndefined()
    expect(request.header('host')).toBe('flow.test')
  })

  it("carries the proxy's signature", async () => {
    expect((await asked()).header('grip-sig')).toMatch(/^\S+\.\S+\.\S+$/)
  })

  it('of a page tells of no channels', async () => {
    expect((await asked()).all('grip-last')).toEqual([])
  })
})

describeFlows('the URL of a next link', () => {
  it('may be relative to that of the request', async () => {
    const second = flow.origin.answer(page('two'), '/deep/er')
    const [, , , key] = second.split('/')
    const path = flow.origin.answer(page('one ', `./er/${key}?a=b#fragment`), '/deep')
    expect((await flow.get(path)).text).toBe('one two')
    expect((await flow.origin.request(second)).target).toBe(`${second}?a=b`)
  })

  it('may be relative to that of the page before', async () => {
    const third = flow.origin.answer(page('three'), '/x/y')
    const second = flow.origin.answer(page('two ', third.slice('/x/y/'.length)), '/x/y')
    expect((await flow.answered(page('one ', second))).text).toBe('one two three')
  })

  it('may be absolute, with the host that the client asked for', async () => {
    const second = flow.origin.answer(page('two'))
    expect((await flow.answered(page('one ', `http://flow.test${second}`))).text).toBe('one two')
  })

  it('may be absolute but for the scheme', async () => {
    const second = flow.origin.answer(page('two'))
    expect((await flow.answered(page('one ', `//flow.test${second}`))).text).toBe('one two')
  })

  it('is rewritten by the route, as the request was', async () => {
    const second = flow.origin.answer(page('two'), '/rewritten')
    const response = await flow.answered(page('one ', `http://flow.test${second}`), '/rewritten')
    expect(response.text).toBe('one two')
    expect((await flow.origin.request(second)).target).toBe(second.replace('/rewritten', '/inner'))
  })

  const itResolves = holdfastOnly(it, 'ODD-18')
  itResolves('is relative to what the client asked for, not to what the route made of it', async () => {
    const second = flow.origin.answer(page('two'), '/rewritten')
    const key = second.slice('/rewritten/'.length)
    expect((await flow.answered(page('one ', key), '/rewritten')).text).toBe('one two')
    expect((await flow.origin.request(second)).target).toBe(`/inner/${key}`)
  })

  const itParses = holdfastOnly(it, 'ODD-13')
  itParses.each(['a,b', 'a;b', 'a;b,c="d'])('may have %s in it', async (query) => {
    const second = flow.origin.answer(page('two'))
    expect((await flow.answered(page('one ', `${second}?${query}`))).text).toBe('one two')
    expect((await flow.origin.request(second)).target).toBe(
      `${second}?${encodeURI(query).replace('%22', '%22')}`,
    )
  })
})

describeFlows('a next link of a held stream', () => {
  it('is fetched when its timeout has passed, again and again', async () => {
    const channel = uniqueName('channel')
    const next: string = flow.origin.script((_request, response) => {
      response.writeHead(200, [...hold(channel), ...nextLink(next, 1)].flat()).end('poll ')
    })
    const path = flow.origin.answer({ headers: [...hold(channel), ...nextLink(next, 1)], body: 'first ' })
    const stream = await flow.openStream(path)
    await stream.until('first poll poll', 8000)
    expect(flow.origin.requests(next).length).toBeGreaterThanOrEqual(2)
  })

  holdfastOnly(it, 'ODD-19')('is not fetched in a loop for a timeout of 0', async () => {
    const { stream, next } = await linked(flow, [{ headers: [], body: 'x' }], 0)
    await flow.settled()
    expect(flow.origin.requests(next)).toHaveLength(0)
    expect(stream.text).toBe('first ')
  })

  it('that answers without a hold is the end of the stream', async () => {
    const { stream, fetch } = await linked(flow, [page('last')])
    await fetch()
    expect(await stream.ended()).toEqual({ complete: true, text: 'first last' })
  })

  it('that answers with another link is continued with that, at once', async () => {
    const { stream, fetch } = await linked(flow, [page('second ', flow.origin.answer(page('third')))])
    await fetch()
    expect(await stream.ended()).toEqual({ complete: true, text: 'first second third' })
  })

  it('changes the channels', async () => {
    const [kept, added] = [uniqueName('kept'), uniqueName('added')]
    const { stream, channel: dropped } = await linked(flow, [
      { headers: hold(`${kept}, ${added}`), body: 'second ' },
    ])
    await flow.publish(streamItem(dropped, { action: 'hint' }))
    await stream.until('second ')
    await flow.server.subscribed(added)
    await flow.publish(streamItem(dropped, 'no'), streamItem(kept, 'kept '), streamItem(added, 'added'))
    expect(await stream.until('added')).toBe('first second kept added')
  })

  it('keeps a channel without losing an item', async () => {
    const channel = uniqueName('channel')
    const next: string = flow.origin.script((_request, response) => {
      response.writeHead(200, [...hold(channel), ...nextLink(next)].flat()).end()
    })
    const path = flow.origin.answer({ headers: [...hold(channel), ...nextLink(next)] })
    const stream = await flow.openStream(path)
    await flow.server.subscribed(channel)
    for (let i = 0; i < 50; i++) {
      await flow.publish(streamItem(channel, `${i},`))
      if (i % 10 === 5) await flow.publish(streamItem(channel, { action: 'hint' }))
    }
    await flow.origin.request(next)
    expect(await stream.until('49,')).toBe(Array.from({ length: 50 }, (_, i) => `${i},`).join(''))
  })

  it('answers only once for many streams that ask for it at the same time', async () => {
    const channel = uniqueName('channel')
    let answer = () => {}
    const next = flow.origin.script((_request, response) => {
      const before = answer
      answer = () => {
        before()
        response.writeHead(200).end('last')
      }
    })
    const path = flow.origin.answer({ headers: [...hold(channel), ...nextLink(next)], body: 'first ' })
    const streams = await Promise.all(Array.from({ length: 20 }, () => flow.openStream(path)))
    await flow.server.subscribed(channel, 20)
    await flow.publish(streamItem(channel, { action: 'hint' }))
    await flow.origin.request(next)
    await flow.settled()
    answer()
    const ends = await Promise.all(streams.map((stream) => stream.ended()))
    expect(new Set(ends.map(({ text }) => text))).toEqual(new Set(['first last']))
    expect(flow.origin.requests(next)).toHaveLength(1)
  })

  it('takes the keep-alive of its answer', async () => {
    const channel = uniqueName('next')
    const headers: HeaderList = [...hold(channel), ['Grip-Keep-Alive', '[alive]; timeout=1']]
    const { stream, fetch } = await linked(flow, [{ headers, body: 'second ' }])
    await fetch()
    expect(await stream.until('[alive]')).toBe('first second [alive]')
  })

  it('is not fetched any more once an answer names none', async () => {
    const channel = uniqueName('next')
    const { stream, fetch, next } = await linked(flow, [{ headers: hold(channel), body: 'second ' }])
    await fetch()
    await stream.until('second')
    await flow.server.subscribed(channel)
    await flow.publish(streamItem(channel, { action: 'hint' }), streamItem(channel, 'news'))
    expect(await stream.until('news')).toBe('first second news')
    await flow.settled()
    expect(flow.origin.requests(next)).toHaveLength(1)
  })

  it('has channels with the prefix of the route', async () => {
    const channel = uniqueName('channel')
    const last = flow.origin.answer({ headers: hold(channel), body: 'two ' }, '/prefixed')
    const stream = await flow.openStream(flow.origin.answer(page('one ', last), '/prefixed'))
    await flow.server.subscribed(`pre-${channel}`)
    await flow.publish(streamItem(channel, 'no'), streamItem(`pre-${channel}`, 'news'))
    expect(await stream.until('news')).toBe('one two news')
  })
})

describeFlows('what is published while a next link is being fetched', () => {
  /** A held stream whose next link is answered by hand. */
  const fetching = async (prevId?: string) => {
    const channel = uniqueName('channel')
    const withPrev = (id?: string) => (id === undefined ? channel : `${channel}; prev-id=${id}`)
    const responses: ServerResponse[] = []
    const next: string = flow.origin.script((_request, response) => void responses.push(response))
    const path = flow.origin.answer({ headers: [...hold(withPrev(prevId)), ...nextLink(next)], body: '[1]' })
    const stream = await flow.openStream(path)
    await flow.server.subscribed(channel)
    const hint = streamItem(channel, { action: 'hint' })
    await flow.publish(prevId === undefined ? hint : chained(hint, '1', prevId))
    const answer = (n: number, body: string, id?: string) =>
      responses[n]!.writeHead(200, [...hold(withPrev(id)), ...nextLink(next)].flat()).end(body)
    const asked = (n: number) => flow.origin.request(next, n)
    await asked(1)
    return { stream, channel, answer, asked, responses }
  }

  it('comes after the answer', async () => {
    const { stream, channel, answer } = await fetching()
    await flow.publish(streamItem(channel, 'a'), streamItem(channel, 'b'))
    answer(0, '[next]')
    await stream.until('[next]')
    await flow.publish(streamItem(channel, 'c'))
    expect(await stream.until('c')).toBe('[1][next]abc')
  })

  it('comes in the middle of no answer', async () => {
    const { stream, channel, responses } = await fetching()
    responses[0]!.writeHead(200, hold(channel).flat())
    responses[0]!.write('[ne')
    await flow.publish(streamItem(channel, 'a'))
    responses[0]!.end('xt]')
    expect(await stream.until('a')).toBe('[1][next]a')
  })

  it('comes after a failed answer in order, too', async () => {
    const { stream, channel, answer, asked, responses } = await fetching()
    await flow.publish(streamItem(channel, 'a'))
    responses[0]!.writeHead(500).end()
    await flow.settled()
    await flow.publish(streamItem(channel, 'b'))
    await asked(2)
    await flow.publish(streamItem(channel, 'c'))
    answer(1, '[next]')
    await stream.until('c')
    expect(stream.text.replace('[1]', '').replace('[next]', '')).toBe('abc')
  })

  it('is told to the origin as not had yet', async () => {
    const { stream, channel, answer, asked, responses } = await fetching('0')
    await flow.publish(chained(streamItem(channel, '2'), '2', '1'))
    await flow.settled()
    responses[0]!.writeHead(200, nextLink(responses[0]!.req.url!).flat()).end('[page]')
    const second = await asked(2)
    expect(second.all('grip-last').join()).not.toContain('last-id=2')
    answer(1, '[end]', '1')
    expect(await stream.until('2')).toBe('[1][page][end]2')
  })

  it('is not sent again if the answer has it', async () => {
    const { stream, channel, answer } = await fetching('0')
    await flow.publish(chained(streamItem(channel, '2'), '2', '1'))
    await flow.publish(chained(streamItem(channel, '3'), '3', '2'))
    await flow.settled()
    answer(0, '[2 and 3]', '3')
    await stream.until('[2 and 3]')
    await flow.publish(chained(streamItem(channel, '4'), '4', '3'))
    expect(await stream.until('4')).toBe('[1][2 and 3]4')
  })

  it('is sent as far as the answer does not have it', async () => {
    const { stream, channel, answer } = await fetching('0')
    await flow.publish(chained(streamItem(channel, '2'), '2', '1'))
    await flow.publish(chained(streamItem(channel, '3;'), '3', '2'))
    await flow.settled()
    answer(0, '[2]', '2')
    expect(await stream.until('3;')).toBe('[1][2]3;')
  })

  const itGoesOn = holdfastOnly(it, 'Pushpin may lose what comes after the second answer')
  itGoesOn('is lost to nobody when the first answer fails', async () => {
    const { stream, channel, answer, asked, responses } = await fetching('0')
    await flow.publish(chained(streamItem(channel, '2;'), '2', '1'))
    await flow.settled()
    responses[0]!.writeHead(500).end()
    await flow.settled()
    await flow.publish(chained(streamItem(channel, '3;'), '3', '2'))
    const [lastId] = (await asked(2)).all('grip-last')
    const had = Number(lastId!.split('last-id=')[1])
    const answered = ['2;', '3;'].slice(Math.max(had - 1, 0)).join('')
    answer(1, answered, '3')
    await flow.publish(chained(streamItem(channel, 'end'), '4', '3'))
    expect(await stream.until('end')).toBe('[1]2;3;end')
  })
})
