import { describe, expect, it } from 'vitest'
import { getHeader } from '../../../src/util/headers.ts'
import type { FakeResponse } from '../../support/fakeClient.ts'
import { createTestSockJs } from './support.ts'

const field = (response: FakeResponse, name: string): string | undefined =>
  getHeader(response.sentHead!.headers, name)

describe('a request that is answered at once', () => {
  it.each(['', '/'])('is greeted at the SockJS path%s', (below) => {
    const response = createTestSockJs().send('GET', below)
    expect([response.sentHead!.status, response.body]).toEqual([200, 'Welcome to SockJS!\n'])
    expect(field(response, 'content-type')).toBe('text/plain')
  })

  it('is told what the server can do', () => {
    const { send } = createTestSockJs()
    const response = send('GET', '/info', { headers: ['Origin', 'https://page.test'] })
    expect(response.body).toBe(
      '{"cookie_needed":false,"entropy":4294967295,"origins":["*:*"],"websocket":true}\n',
    )
    expect(field(response, 'cache-control')).toBe('no-store, no-cache, must-revalidate, max-age=0')
    expect(field(response, 'access-control-allow-origin')).toBe('https://page.test')
    expect(field(response, 'access-control-allow-credentials')).toBe('true')
  })

  it('is told of no WebSocket on a route that takes none', () => {
    const response = createTestSockJs('*,sockjs=/sock,proto=http a:1').send('GET', '/info')
    expect(JSON.parse(response.body).websocket).toBe(false)
  })

  it('gets the iframe page, to be kept for long', () => {
    const { send } = createTestSockJs()
    const page = send('GET', '/iframe-1.html')
    expect(page.body).toContain('<script src="http://cdn.test/sockjs.js?a&amp;b"></script>')
    expect(field(page, 'content-type')).toBe('text/html; charset=UTF-8')
    const caching = page.sentHead!.headers.filter((name) => name === 'Cache-Control')
    expect(caching).toHaveLength(1)
    expect(field(page, 'cache-control')).toBe('public, max-age=31536000')
    const etag = field(page, 'etag')!
    expect(etag).toMatch(/^"digest of \d+"$/)
    const again = send('GET', '/iframe.html', { headers: ['If-None-Match', etag] })
    expect([again.sentHead!.status, again.body]).toEqual([304, ''])
    expect(send('GET', '/iframe.html', { headers: ['If-None-Match', '"other"'] }).sentHead!.status).toBe(200)
  })

  it('may ask what a script of another site may do', () => {
    const headers = ['Origin', 'null', 'Access-Control-Request-Headers', 'a, b']
    const response = createTestSockJs().send('OPTIONS', '/0/id/xhr', { headers })
    expect([response.sentHead!.status, response.body]).toEqual([204, ''])
    expect(field(response, 'access-control-allow-origin')).toBe('null')
    expect(field(response, 'access-control-allow-headers')).toBe('a, b')
    expect(field(response, 'access-control-allow-methods')).toBe('OPTIONS, GET, POST')
  })

  it.each([
    ['GET', '/nothing'],
    ['POST', '/info'],
    ['GET', '/websocket'],
    ['GET', '/0/id/websocket'],
    ['GET', '/0/id/xhr'],
    ['POST', '/0/id/eventsource'],
    ['POST', '/0/id/other'],
    ['POST', '/0/id/xhr_send'],
    ['POST', '/0/i.d/xhr'],
  ])('is told that %s %s does not exist', (method, below) => {
    const { send, opened, answered } = createTestSockJs()
    const response = send(method, below)
    expect([response.sentHead!.status, response.body]).toEqual([404, 'Not Found\n'])
    expect(field(response, 'access-control-allow-origin')).toBe('*')
    expect([opened.length, answered]).toEqual([0, [404]])
  })

  it('is refused with a body of more than 100000 bytes', async () => {
    const { post, opened } = createTestSockJs()
    const response = await post('/0/id/xhr', 'x'.repeat(100_001))
    expect([response.sentHead!.status, response.body]).toEqual([400, 'Request too large.\n'])
    expect(opened).toHaveLength(0)
    await post('/0/id/xhr', 'x'.repeat(100_000))
    expect(opened).toHaveLength(1)
  })

  it.each([
    ['jsonp', 'Bad Request\n'],
    ['jsonp?c=', 'Bad Request\n'],
    ['jsonp?c=%20', 'invalid "callback" parameter\n'],
    ['jsonp?callback=abc(', 'invalid "callback" parameter\n'],
    ['htmlfile', 'Bad Request\n'],
    ['htmlfile?c=a%3Cb', 'invalid "callback" parameter\n'],
  ])('needs the name of a function: %s', (last, text) => {
    const { send, opened } = createTestSockJs()
    const response = send('GET', `/0/id/${last}`)
    expect([response.sentHead!.status, response.body]).toEqual([400, text])
    expect(opened).toHaveLength(0)
  })
})

describe('the first request of a session', () => {
  it('reaches the origin as the handshake of a WebSocket', async () => {
    const { post, opened } = createTestSockJs()
    await post('/0/id/xhr?t=1', 'body', [
      'Cookie',
      'a=b',
      'Content-Type',
      'text/plain',
      'Content-Length',
      '4',
    ])
    const { request } = opened[0]!.routed
    expect(request).toMatchObject({ method: 'GET', target: '/sock?t=1', headers: ['Cookie', 'a=b'] })
    expect(request.body).toBeUndefined()
  })

  it('does not tell the origin of the function of the page', () => {
    const { send, opened } = createTestSockJs('*,sockjs=/sock,sockjs_as_path=/chat a:1')
    send('GET', '/0/id/jsonp?a=1&c=_jp.cb&b=2')
    expect(opened[0]!.routed.request.target).toBe('/chat?a=1&b=2')
  })

  it('is answered with what the origin refuses it with', () => {
    const { send, opened, environment } = createTestSockJs()
    const response = send('POST', '/0/id/xhr', { headers: ['Origin', 'https://page.test'] })
    const headers = ['X-Why', 'no', 'Access-Control-Allow-Origin', '*', 'Content-Length', '99']
    opened[0]!.handshake.refuse({ status: 403, reason: 'Never', headers }, Buffer.from('go away'))
    expect(response.sentHead).toMatchObject({ status: 403, reason: 'Never' })
    expect(response.body).toBe('go away')
    expect(field(response, 'x-why')).toBe('no')
    expect(field(response, 'content-length')).toBe('7')
    expect(field(response, 'access-control-allow-origin')).toBe('https://page.test')
    expect(environment.sockets.find('*,*,*,*', 'id')).toBeUndefined()
  })

  it('ends the opening when the client leaves', () => {
    const { send, opened } = createTestSockJs()
    let left = 0
    const response = send('POST', '/0/id/xhr')
    opened[0]!.handshake.onClose = () => left++
    response.leave()
    expect(left).toBe(1)
    send('POST', '/0/id/xhr')
    expect(opened).toHaveLength(2)
  })

  it('keeps a second one and messages from opening another', async () => {
    const { send, post, opened } = createTestSockJs()
    send('POST', '/0/id/xhr')
    expect(send('POST', '/0/id/xhr').body).toBe('c[2010,"Another connection still open"]\n')
    const sent = await post('/0/id/xhr_send', '["early"]')
    expect((await post('/0/id/xhr_send', '["more"]')).body).toBe('Already sending\n')
    expect(sent.started).toBe(false)
    opened[0]!.handshake.refuse({ status: 403, reason: 'No', headers: [] }, Buffer.alloc(0))
    expect([sent.sentHead!.status, sent.body]).toEqual([410, 'Session terminated\n'])
  })

  it('is refused when the route has too many', () => {
    const { send, environment, route } = createTestSockJs('*,sockjs=/sock a:1', 1)
    send('POST', '/0/one/xhr')
    expect(send('POST', '/0/two/xhr').sentHead!.status).toBe(503)
    expect(environment.sockets.find(route.id, 'two')).toBeUndefined()
  })
})
