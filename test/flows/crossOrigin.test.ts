import { expect, it } from 'vitest'
import { useFlow } from '../support/flow.ts'
import { freePort } from '../support/freePort.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { responseItem } from '../support/publish.ts'
import { describeFlows, holdfastOnly } from '../support/target.ts'

const deadPort = await freePort()
const flow = useFlow((origin) => [
  `*,aco ${origin}`,
  `*,path_beg=/closed ${origin}`,
  `*,path_beg=/pure,no_grip,aco ${origin}`,
  `*,path_beg=/pure/refused,no_grip,aco 127.0.0.1:${deadPort}`,
])
const page = { headers: { Origin: 'https://page.test' } }
const itVaries = holdfastOnly(it, 'ODD-12')

function expectOpen(response: RawResponse): void {
  expect(response.header('access-control-allow-origin')).toBe('https://page.test')
  expect(response.header('access-control-allow-credentials')).toBe('true')
}

describeFlows('an answer to a script of another site', () => {
  it('is open to it', async () => {
    const response = await flow.answered({ headers: { 'X-Own': 'x', 'Content-Type': 'a/b' } }, '', page)
    expectOpen(response)
    expect(response.header('access-control-allow-methods')).toBe('OPTIONS, HEAD, GET, POST, PUT, DELETE')
    expect(response.header('access-control-max-age')).toBe('3600')
    expect(response.header('access-control-expose-headers')).toMatch(/x-own/i)
    expect(response.header('access-control-expose-headers')).not.toMatch(/content-type/i)
  })

  it('is not, where the route does not say so', async () => {
    const response = await flow.answered({}, '/closed', page)
    expect(response.header('access-control-allow-origin')).toBeUndefined()
  })

  it('grants what a preflight asks for', async () => {
    const headers = {
      ...page.headers,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'X-Token',
    }
    const response = await flow.answered({}, '', { method: 'OPTIONS', headers })
    expect(response.header('access-control-allow-methods')).toBe('PATCH')
    expect(response.header('access-control-allow-headers')).toBe('X-Token')
  })

  it("keeps the origin's own rules", async () => {
    const headers = { 'Access-Control-Allow-Origin': 'https://other.test' }
    const response = await flow.answered({ headers }, '', page)
    expect(response.all('access-control-allow-origin')).toEqual(['https://other.test'])
  })

  itVaries('varies with its Origin, so that caches keep it apart', async () => {
    const response = await flow.answered({ headers: { Vary: 'Accept' } }, '', page)
    expect(response.all('vary').join(', ')).toMatch(/accept.*origin/i)
  })

  it('is open when it is an error', async () => {
    expectOpen(await flow.answered({ headers: { 'Grip-Hold': 'tight' } }, '', page))
  })

  it('is open when it comes from a long poll', async () => {
    const { poll, channel } = await flow.heldPoll({}, page)
    await flow.publish(responseItem(channel, 'news'))
    expectOpen(await poll.answer())
  })

  it('is open when it is a stream', async () => {
    const { stream } = await flow.heldStream({}, page)
    expect(stream.head.header('access-control-allow-origin')).toBe('https://page.test')
  })

  it('is open on a route with no_grip, where instructions go to it as they are', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'any' }
    const response = await flow.answered({ headers, body: 'plain' }, '/pure', page)
    expectOpen(response)
    expect([response.header('grip-hold'), response.text]).toEqual(['stream', 'plain'])
  })

  it('is open on a route with no_grip when the origin refuses the connection', async () => {
    const response = await flow.get('/pure/refused', page)
    expect(response.status).toBe(502)
    expectOpen(response)
  })

  it('comes on a route with no_grip whatever the size of request and answer', async () => {
    const body = 'x'.repeat(300_000)
    const path = flow.origin.answer({ body }, '/pure')
    const response = await flow.get(path, { ...page, method: 'POST', body })
    expect(response.text).toBe(body)
    expect((await flow.origin.request(path)).body.toString()).toBe(body)
  })
})

describeFlows('a JSON-P request', () => {
  const parse = (text: string) => {
    const match = /^\/\*\*\/call\((.*)\);\n$/s.exec(text)
    return JSON.parse(match![1]!)
  }

  it('gets the answer as a call of its callback', async () => {
    const path = flow.origin.answer({ status: 404, headers: { 'X-Own': 'x' }, body: 'no "such" thing' })
    const response = await flow.get(`${path}?callback=call&a=b`)
    expect(response.status).toBe(200)
    expect(response.header('content-type')).toBe('application/javascript')
    expect(parse(response.text)).toMatchObject({ code: 404, reason: 'Not Found', body: 'no "such" thing' })
    expect((await flow.origin.request(path)).target).toBe(`${path}?a=b`)
  })

  it('gets it on a route with no_grip, too', async () => {
    const path = flow.origin.answer({ status: 404, body: 'gone' }, '/pure')
    const response = await flow.get(`${path}?callback=call&_method=POST&_body=question`)
    expect(parse(response.text)).toMatchObject({ code: 404, body: 'gone' })
    const request = await flow.origin.request(path)
    expect([request.method, request.target, request.body.toString()]).toEqual(['POST', path, 'question'])
  })

  it('may be of any method', async () => {
    const path = flow.origin.answer({ body: 'done' })
    await flow.get(`${path}?callback=call&_method=POST&_body=question&_headers=%7B%22X-A%22%3A%22b%22%7D`)
    const request = await flow.origin.request(path)
    expect([request.method, request.body.toString(), request.header('x-a')]).toEqual([
      'POST',
      'question',
      'b',
    ])
  })

  it('gets what is published to its long poll', async () => {
    const path = flow.origin.answer({ headers: { 'Grip-Hold': 'response', 'Grip-Channel': 'scripts' } })
    const poll = await flow.longPoll(`${path}?callback=call`)
    await flow.server.subscribed('scripts')
    await flow.publish(responseItem('scripts', 'news'))
    expect(parse((await poll.answer()).text)).toMatchObject({ code: 200, body: 'news' })
  })

  it('gets a stream as it is, open by CORS', async () => {
    const headers = { 'Grip-Hold': 'stream', 'Grip-Channel': 'endless' }
    const path = flow.origin.answer({ headers, body: 'first' })
    const stream = await flow.openStream(`${path}?callback=call`, page)
    expect(await stream.until('first')).toBe('first')
    expect(stream.head.header('access-control-allow-origin')).toBe('https://page.test')
    expect(stream.head.header('content-type')).toBeUndefined()
  })

  const itChecks = holdfastOnly(it, 'Pushpin takes any name')
  itChecks.each(['alert(1)//', '<script>', 'a b', '1a'])(
    'is refused with a callback that is no name: %s',
    async (name) => {
      const path = flow.origin.answer({ body: 'x' })
      const response = await flow.get(`${path}?callback=${encodeURIComponent(name)}`)
      expect(response.status).toBe(400)
      expect(flow.origin.requests(path)).toHaveLength(0)
    },
  )
})
