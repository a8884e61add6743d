import { createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { requestBytes } from '../support/client.ts'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const deadPort = await freePort()
const flow = useFlow((origin) => [
  `* ${origin}`,
  `*,path_beg=/pure,no_grip ${origin}`,
  `*,path_beg=/pure/refused,no_grip 127.0.0.1:${deadPort}`,
  `*,path_beg=/pure/cut/,no_grip,replace_beg=/here/,header=X-Set:by-route ${origin}`,
])

const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

describeFlows('a route with no_grip', () => {
  it('sends the origin no Grip headers, not even those of the client', async () => {
    const request = await flow.seen('/pure', {
      headers: { 'Grip-Sig': 'forged', 'Grip-Last': 'a; last-id=1' },
    })
    expect(request.headers.filter(([name]) => /^grip-/i.test(name))).toEqual([])
  })

  it('passes instructions on to the client instead of following them', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'any' }
    const response = await flow.answered({ headers, body: 'just a body' }, '/pure')
    expect(response.header('grip-hold')).toBe('stream')
    expect(response.header('grip-channel')).toBe('any')
    expect(response.text).toBe('just a body')
  })

  it('passes a body of instructions on as it is', async () => {
    const response = await flow.answered(
      { headers: { 'Content-Type': 'application/grip-instruct' }, body: '{"hold":{}}' },
      '/pure',
    )
    expect(response.status).toBe(200)
    expect(response.text).toBe('{"hold":{}}')
  })

  it('passes requests and answers like any other route', async () => {
    const path = flow.origin.answer(
      { status: 201, reason: 'Made', headers: { 'X-Answer': 'a' }, body: 'made' },
      '/pure',
    )
    const response = await flow.get(`${path}?q=1`, {
      method: 'PUT',
      body: 'content',
      headers: { 'X-Asked': 'q' },
    })
    expect(response.status).toBe(201)
    expect(response.reason).toBe('Made')
    expect(response.header('x-answer')).toBe('a')
    expect(response.text).toBe('made')
    const request = await flow.origin.request(path)
    expect(request.method).toBe('PUT')
    expect(request.target).toBe(`${path}?q=1`)
    expect(request.header('x-asked')).toBe('q')
    expect(request.body.toString()).toBe('content')
  })

  it('rewrites the path and sets headers as the route says', async () => {
    const request = await flow.seen('/pure/cut')
    expect(request.target).toMatch(/^\/here\/p-/)
    expect(request.header('x-set')).toBe('by-route')
  })

  it('passes large bodies both ways', async () => {
    const up = randomBytes(2_000_000)
    const down = randomBytes(2_000_000)
    const path = flow.origin.answer({ body: down }, '/pure')
    const response = await flow.get(path, { method: 'POST', body: up, timeoutMs: 10_000 })
    expect(sha1(response.body)).toBe(sha1(down))
    expect(sha1((await flow.origin.request(path)).body)).toBe(sha1(up))
  })

  it('passes a stream on while the origin still sends', async () => {
    let finish = () => {}
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: first\n\n')
      finish = () => response.end('data: last\n\n')
    }, '/pure')
    const stream = await flow.openStream(path)
    await stream.until('first')
    finish()
    expect(await stream.ended()).toEqual({ complete: true, text: 'data: first\n\ndata: last\n\n' })
  })

  it('answers 502 when the origin refuses the connection', async () => {
    const response = await flow.get('/pure/refused')
    expect(response.status).toBe(502)
    expect(response.text).toBe('Error while proxying to origin.\n')
  })

  it('ends the request at the origin when the client leaves', async () => {
    const path = flow.origin.script((_request, response) => {
      response.writeHead(200)
      response.write('endless')
    }, '/pure')
    const stream = await flow.openStream(path)
    await stream.until('endless')
    stream.client.destroy()
    await eventually('the origin sees the end', () => flow.origin.requests(path)[0]!.aborted)
  })

  it('ends the request at the origin when the client leaves before an answer', async () => {
    const path = flow.origin.script(() => {}, '/pure')
    const poll = await flow.longPoll(path)
    await eventually('the request is at the origin', () => flow.origin.requests(path).length === 1)
    poll.client.destroy()
    await eventually('the origin sees the end', () => flow.origin.requests(path)[0]!.aborted)
  })

  holdfastOnly(it, 'ODD-9')('breaks a response whose origin dies in the middle', async () => {
    const path = flow.origin.script((request) => {
      request.incoming.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      request.incoming.socket.write('5\r\nfirst\r\n', () => request.incoming.socket.resetAndDestroy())
    }, '/pure')
    expect((await flow.getOutcome(path)).complete).toBe(false)
  })

  it('leaves the connection of the client usable', async () => {
    const client = await flow.connect()
    for (const under of ['/pure', '', '/pure']) {
      client.send(requestBytes(flow.origin.answer({ body: `under ${under}` }, under)))
      expect((await client.response()).text).toBe(`under ${under}`)
    }
  })
})
