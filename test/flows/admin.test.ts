import { describe, expect, it } from 'vitest'
import { AdminClient } from '../support/admin.ts'
import { useFlow } from '../support/flow.ts'
import { uniqueName } from '../support/origin.ts'
import { target } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useFlow((origin) => [
  `*,path_beg=/named,id=named ${origin}`,
  `*,path_beg=/forwarded,prefix=p- ${origin}`,
  `* ${origin}`,
])
const admin = new AdminClient(() => flow.server)

describe.runIf(target.name === 'holdfast')('an operator', () => {
  describe('who looks at connections', () => {
    it('sees a held stream: its kind, route, channels, meta, peer and age', async () => {
      const headers = { 'Grip-Set-Meta': 'user="alice", plan="free"' }
      const { channel } = await flow.heldStream({ headers }, { under: '/named' })
      const [seen] = await admin.held(channel)
      expect(seen).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-\d+-[0-9a-z]+$/),
        kind: 'stream',
        route: 'named',
        channels: [channel],
        meta: { user: 'alice', plan: 'free' },
        peer: '127.0.0.1',
        openedAt: expect.any(String),
        ageSeconds: expect.any(Number),
        bytesQueued: 0,
      })
      expect(await admin.get(`/connections/${seen.id}`)).toMatchObject({ id: seen.id, kind: 'stream' })
    })

    it('sees in one of them what it has of its channels, and their filters', async () => {
      const channel = uniqueName('c')
      const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': `${channel}; prev-id=7; filter=skip-self` }
      await flow.openStream(flow.origin.answer({ headers }))
      const [{ id }] = await admin.held(channel)
      const { subscriptions } = await admin.get(`/connections/${id}`)
      expect(subscriptions).toEqual([{ channel, lastId: '7', filters: ['skip-self'] }])
    })

    it('sees a long poll by the name that its channel has for publishers', async () => {
      const channel = uniqueName('c')
      await flow.heldPoll({}, { under: '/forwarded', channel, subscribedAs: `p-${channel}` })
      const [seen] = await admin.held(`p-${channel}`)
      expect(seen).toMatchObject({ kind: 'response', channels: [`p-${channel}`] })
    })

    it('sees the client that X-Forwarded-For names', async () => {
      const { channel } = await flow.heldStream({}, { headers: { 'X-Forwarded-For': '192.0.2.7' } })
      const [seen] = await admin.held(channel)
      expect(seen.peer).toBe('192.0.2.7')
    })

    it('finds them by channel, route and meta together', async () => {
      const channel = uniqueName('room')
      const as = (user: string, under: string) =>
        flow.heldStream({ headers: { 'Grip-Set-Meta': `user="${user}"` } }, { under, channel })
      await as('ann', '/named')
      await as('bob', '/named')
      await as('ann', '')
      await admin.held(channel, 3)
      const find = async (query: string) => (await admin.get(`/connections?${query}`)).connections.length
      expect(await find(`channel=${channel}&meta.user=ann`)).toBe(2)
      expect(await find(`channel=${channel}&route=named`)).toBe(2)
      expect(await find(`channel=${channel}&route=named&meta.user=ann`)).toBe(1)
      expect(await find(`channel=${channel}&meta.user=nobody`)).toBe(0)
      expect(await find(`channel=${channel}&meta.constructor=x`)).toBe(0)
    })

    it('gets them page by page', async () => {
      const channel = uniqueName('paged')
      for (let i = 0; i < 5; i++) await flow.heldStream({}, { channel })
      await admin.held(channel, 5)
      const ids: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const more: string = cursor === undefined ? '' : `&cursor=${cursor}`
        const page = await admin.get(`/connections?channel=${channel}&limit=2${more}`)
        ids.push(...page.connections.map(({ id }: { id: string }) => id))
        cursor = page.next
        pages++
      } while (cursor !== undefined)
      expect(new Set(ids).size).toBe(5)
      expect([ids.length, pages]).toEqual([5, 3])
    })

    it('no longer sees a client that has left, nor one that was answered', async () => {
      const { stream, channel } = await flow.heldStream()
      const { poll } = await flow.heldPoll({ body: 'timeout' }, { channel })
      await admin.held(channel, 2)
      stream.client.destroy()
      await flow.publish({ channel, formats: { 'http-response': { body: 'x' } } })
      await poll.answer()
      await admin.held(channel, 0)
    })
  })

  describe('who kicks a client by its id', () => {
    const kick = (id: string) => admin.request('DELETE', `/connections/${id}`)

    it('ends a stream cleanly, and no other on the channel', async () => {
      const headers = { 'Grip-Set-Meta': 'user="mallory"' }
      const { stream, channel } = await flow.heldStream({ headers, body: 'hello\n' })
      const other = await flow.heldStream({}, { channel })
      await admin.held(channel, 2)
      const { connections } = await admin.get(`/connections?channel=${channel}&meta.user=mallory`)
      const kicked = await kick(connections[0].id)
      expect([kicked.status, JSON.parse(kicked.text)]).toEqual([200, { message: 'Closed' }])
      expect(await stream.ended()).toEqual({ complete: true, text: 'hello\n' })
      await flow.publish({ channel, formats: { 'http-stream': { content: 'still here' } } })
      await other.stream.until('still here')
    })

    it('gives a long poll its timeout response, with Connection: close', async () => {
      const { poll, channel } = await flow.heldPoll({ status: 202, body: 'nothing yet\n' })
      const [held] = await admin.held(channel)
      await kick(held.id)
      const answer = await poll.answer()
      expect([answer.status, answer.text]).toEqual([202, 'nothing yet\n'])
      expect(answer.header('connection')).toBe('close')
    })

    it('is told when nobody is held by that id', async () => {
      const { channel } = await flow.heldStream()
      const [held] = await admin.held(channel)
      await kick(held.id)
      const again = await kick(held.id)
      expect([again.status, JSON.parse(again.text)]).toEqual([
        404,
        { error: `no connection "${held.id}" is held` },
      ])
    })
  })

  describe('who looks at channels', () => {
    it('sees how many hold one, by kind', async () => {
      const { channel } = await flow.heldStream()
      await flow.heldStream({}, { channel })
      await flow.heldPoll({}, { channel })
      await admin.held(channel, 3)
      const holders = { response: 1, stream: 2, socket: 0 }
      expect(await admin.get(`/channels/${channel}`)).toEqual({ name: channel, holders })
      expect(await admin.get(`/channels?prefix=${channel}`)).toEqual({
        channels: [{ name: channel, holders }],
      })
    })

    it('names one with any characters in it, percent-encoded', async () => {
      const channel = `a/b c?ü&${uniqueName('x')}/`
      const headers = { 'Content-Type': 'application/grip-instruct' }
      const body = JSON.stringify({ hold: { mode: 'stream', channels: [{ name: channel }] } })
      await flow.openStream(flow.origin.answer({ headers, body }))
      await admin.held(channel)
      expect((await admin.get(`/channels/${encodeURIComponent(channel)}`)).name).toBe(channel)
      const { channels } = await admin.get(`/channels?prefix=${encodeURIComponent('a/b c?ü&')}`)
      expect(channels.map(({ name }: { name: string }) => name)).toEqual([channel])
    })

    it('does not see one that nobody holds, though its last long poll was just answered', async () => {
      const { poll, channel } = await flow.heldPoll()
      await admin.held(channel)
      await flow.publish({ channel, formats: { 'http-response': { body: 'x' } } })
      await poll.answer()
      const answer = await admin.request('GET', `/channels/${channel}`)
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        404,
        { error: `nobody holds the channel "${channel}"` },
      ])
      expect(await admin.get(`/channels?prefix=${channel}`)).toEqual({ channels: [] })
    })
  })

  describe('who looks at the whole', () => {
    it('sees what there is, and totals that only grow', async () => {
      const before = await admin.get('/status')
      const { channel, stream } = await flow.heldStream({}, { under: '/named' })
      await flow.heldStream({}, { channel })
      await flow.publish({ channel, formats: { 'http-stream': { content: 'x' } } })
      await stream.until('x')
      const after = await admin.get('/status')
      expect(after.holds.stream).toBe(before.holds.stream + 2)
      expect(after.totals.requests).toBe(before.totals.requests + 2)
      expect(after.totals.deliveries).toBe(before.totals.deliveries + 2)
      expect(after.totals.received.http.accepted).toBe(before.totals.received.http.accepted + 1)
      expect(after.totals.origin.answered).toBe(before.totals.origin.answered + 2)
      expect(after.originLatency.count).toBe(after.totals.origin.answered)
      expect(after.originLatency.p99).toBeGreaterThan(0)
      expect(after.process.residentBytes).toBeGreaterThan(1e6)
      expect(after.routes.map(({ id }: { id?: string }) => id)).toEqual([undefined, 'named'])
      expect(after.version).toMatch(/^\d+\.\d+\.\d+/)
    })

    it('sees no connection left when all clients have left', async () => {
      const { stream, channel } = await flow.heldStream()
      const { poll } = await flow.heldPoll({}, { channel })
      await flow.get(flow.origin.answer({ body: 'plain' }))
      const count = async () => (await admin.get('/status')).connections
      const held = await count()
      stream.client.destroy()
      poll.client.destroy()
      await eventually('both are gone', async () => (await count()) === held - 2)
    })

    it('sees what went wrong lately, the newest first', async () => {
      await flow.getOutcome(
        flow.origin.rawAnswer('HTTP/1.1 200 OK\r\nGrip-Hold: nonsense\r\nContent-Length: 0\r\n\r\n'),
      )
      const { errors } = await admin.get('/errors')
      expect(errors[0]).toMatchObject({ level: 'warn', code: 'INSTRUCT_INVALID' })
      expect(errors[0].message).toContain('instructions: ')
      expect(Date.parse(errors[0].time)).toBeGreaterThan(Date.now() - 60_000)
    })

    it('sees that the server is alive and ready', async () => {
      expect(await admin.get('/healthz')).toEqual({ status: 'ok' })
      expect(await admin.get('/readyz')).toEqual({
        status: 'ready',
        checks: { listening: true, bus: true, accepting: true },
      })
    })
  })

  describe('who steers it', () => {
    it('has the routes read anew', async () => {
      const before = flow.server.logs().match(/routes loaded/g)!.length
      expect((await admin.post('/reload', {})).json).toEqual({ message: 'Reloaded' })
      await eventually(
        'they are loaded',
        () => (flow.server.logs().match(/routes loaded/g)?.length ?? 0) > before,
      )
    })

    it('refreshes a channel, whoever holds it', async () => {
      const { channel } = await flow.heldStream()
      expect(await admin.post('/refresh', { channel })).toEqual({
        status: 200,
        json: { message: 'Refreshed' },
      })
    })

    it('is told that only WebSockets can be refreshed by id', async () => {
      const { channel } = await flow.heldStream()
      const [{ id }] = await admin.held(channel)
      expect(await admin.post('/refresh', { cid: id })).toEqual({
        status: 404,
        json: { error: `no WebSocket "${id}" is held` },
      })
    })
  })

  it.each([
    [
      'GET',
      '/connections?chanel=x',
      400,
      'chanel: no such parameter; there are channel, route, search, sort, limit, cursor',
    ],
    ['GET', '/connections?channel=a&channel=b', 400, 'channel: given twice'],
    ['GET', '/connections?limit=0', 400, 'limit: expected an integer, 1 to 1000, found "0"'],
    ['GET', '/connections?limit=1001', 400, 'limit: expected an integer, 1 to 1000, found "1001"'],
    ['GET', '/connections?cursor=x', 400, 'cursor: expected the "next" of a page, found "x"'],
    ['GET', '/connections?channel=none&cursor=-1', 400, 'cursor: expected the "next" of a page, found "-1"'],
    [
      'GET',
      '/channels?channel=x',
      400,
      'channel: no such parameter; there are prefix, search, sort, limit, cursor',
    ],
    ['GET', '/channels/%ff', 400, 'path: "%ff" is not percent-encoded UTF-8'],
    ['GET', '/connections/nobody', 404, 'no connection "nobody" is held'],
    ['POST', '/refresh', 400, 'body: expected JSON'],
    ['POST', '/status', 405, 'Method not allowed: POST.'],
    ['GET', '/reload', 405, 'Method not allowed: GET.'],
    ['POST', '/connections/x', 405, 'Method not allowed: POST.'],
  ])('who asks %s %s is told what is wrong', async (method, asked, status, error) => {
    const answer = await admin.request(method, asked)
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error }])
    expect(answer.header('content-type')).toBe('application/json')
  })

  it.each([
    ['/status', 'GET, HEAD'],
    ['/connections/x', 'GET, HEAD, DELETE'],
    ['/refresh', 'POST'],
  ])('is told the methods of %s', async (path, allow) => {
    expect((await admin.request('PUT', path, { body: '' })).header('allow')).toBe(allow)
  })

  it('who sends HEAD gets the head alone', async () => {
    const answer = await admin.request('HEAD', '/healthz')
    expect([answer.status, answer.text]).toEqual([200, ''])
  })

  it('who asks with a browser gets JSON, whatever it accepts', async () => {
    const answer = await admin.request('GET', '/healthz', { headers: { Accept: 'text/html' } })
    expect(answer.status).toBe(200)
  })
})

describe.runIf(target.name === 'holdfast')('a refresh', () => {
  it.each([
    ['[]', 'body: expected {"channel": NAME} or {"cid": ID}'],
    ['1', 'body: expected a JSON object'],
    ['{"channel": 1}', 'body: expected {"channel": NAME} or {"cid": ID}'],
  ])('of %s is refused', async (body, error) => {
    const answer = await admin.request('POST', '/refresh', { body })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { error }])
  })
})
