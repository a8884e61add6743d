import { expect, it } from 'vitest'
import { getHeader } from '../../src/util/headers.ts'
import { get } from '../support/client.ts'
import { openSocket, sendHandshake } from '../support/frameClient.ts'
import { encodeClose, encodeFrame, Opcode } from '../support/frames.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { publish } from '../support/publish.ts'
import { useSockJsFlow } from '../support/sockJsFlow.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const SCRIPT = 'http://page.test/sockjs.js'

const flow = useSockJsFlow(
  (origin) => [
    `*,path_beg=/sock,sockjs=/sock ${origin}`,
    `*,path_beg=/plain,sockjs=/plain,no_grip ${origin}`,
    `*,path_beg=/as,sockjs=/as,sockjs_as_path=/as/chat,replace_beg=/v2 ${origin}`,
  ],
  { conf: { proxy: { sockjs_url: SCRIPT } } },
)

const itLacks = holdfastOnly(it, 'Pushpin has no such transport')
const itCaches = holdfastOnly(it, 'Q29')
const itTells = holdfastOnly(it, 'Q30')
const itOutlives = holdfastOnly(it, 'Pushpin crashes now and then at a close between two polls')
const itChecks = holdfastOnly(it, 'Q36')
const page = { headers: { Origin: 'http://page.test' } }

const socketItem = (channel: string, format: Record<string, unknown>) => ({
  channel,
  formats: { 'ws-message': format },
})

function expectOpen(response: RawResponse): void {
  expect(response.header('access-control-allow-origin')).toBe('http://page.test')
  expect(response.header('access-control-allow-credentials')).toBe('true')
}

describeFlows('what SockJS clients ask first', () => {
  it('is answered with what the server can do', async () => {
    const response = await flow.get('/sock/info', page)
    expect([response.status, response.header('content-type')]).toEqual([200, 'text/plain'])
    expect(response.text).toMatch(
      /^\{"cookie_needed":false,"entropy":\d+,"origins":\["\*:\*"\],"websocket":true\}\n$/,
    )
    expect(response.all('cache-control')).toEqual(['no-store, no-cache, must-revalidate, max-age=0'])
    expectOpen(response)
  })

  it('is answered with a page that loads sockjs-client', async () => {
    const response = await flow.get('/sock/iframe-1.5.0.html', page)
    expect(response.status).toBe(200)
    expect(response.header('content-type')).toBe('text/html; charset=UTF-8')
    expect(response.text).toContain(`<script src="${SCRIPT}"></script>`)
    expect(response.text).toContain('SockJS.bootstrap_iframe();')
    expect(response.all('cache-control')).toContain('public, max-age=31536000')
    const etag = response.header('etag')!
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/)
    const again = await flow.get('/sock/iframe.html', { headers: { 'If-None-Match': etag } })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  itCaches('lets that page be kept, without a word against it', async () => {
    const response = await flow.get('/sock/iframe.html')
    expect(response.all('cache-control')).toEqual(['public, max-age=31536000'])
  })

  itLacks('is answered with a greeting', async () => {
    expect((await flow.get('/sock')).text).toBe('Welcome to SockJS!\n')
    expect((await flow.get('/sock/')).text).toBe('Welcome to SockJS!\n')
  })

  it('is allowed by CORS', async () => {
    const response = await flow.get('/sock/000/any/xhr', { method: 'OPTIONS', ...page })
    expect([response.status, response.text]).toEqual([204, ''])
    expectOpen(response)
  })

  it.each(['/sock/nothing', '/sock/a/b', '/sock/a/b/c/d', '/sock/000/any/xhr'])(
    'is answered 404 where nothing is: %s',
    async (path) => {
      const response = await flow.get(path, page)
      expect([response.status, response.text]).toEqual([404, 'Not Found\n'])
      expectOpen(response)
    },
  )
})

describeFlows('a SockJS client that polls', () => {
  it('is told that it is connected, when the origin has accepted it', async () => {
    const response = await flow.client().poll(page)
    expect([response.status, response.text]).toEqual([200, 'o\n'])
    expect(response.header('content-type')).toBe('text/plain')
    expectOpen(response)
  })

  it('reaches the origin as a WebSocket with the fields and the query of its first request', async () => {
    const client = flow.client()
    await client.poll({ headers: { 'X-Own': 'x' } })
    const { request } = await client.origin()
    expect(request.url).toBe(`/sock?name=${client.name}`)
    expect(request.headers['x-own']).toBe('x')
    expect(getHeader(request.rawHeaders, 'sec-websocket-extensions')).toBe('grip')
    expect(request.headers['grip-sig']).toBeDefined()
  })

  it('reaches the origin by sockjs_as_path, with its beginning replaced', async () => {
    const client = flow.client('/as')
    await client.poll()
    expect((await client.origin()).request.url).toBe(`/v2/chat?name=${client.name}`)
  })

  it('is refused as the origin says', async () => {
    const response = await flow.get('/sock/000/refused/xhr?refuse', { method: 'POST', ...page })
    expect([response.status, response.text]).toEqual([403, 'refused'])
    expectOpen(response)
  })

  it('sends messages, and gets those of the origin', async () => {
    const { client, origin } = await flow.opened()
    const sent = await client.send('["a","b c","ü☃"]')
    expect([sent.status, sent.text, sent.header('content-type')]).toEqual([200, 'ok', 'text/plain'])
    await eventually('the messages', () => origin.heard.length === 3)
    expect(origin.heard).toEqual(['a', 'b c', 'ü☃'])
    origin.socket.send('m:one')
    expect((await client.poll()).text).toBe('a["one"]\n')
  })

  it('gets what was published while it was away in one frame', async () => {
    const { client, channel } = await flow.subscribed()
    await publish(flow.server, socketItem(channel, { content: 'one' }))
    await publish(flow.server, socketItem(channel, { type: 'ping', content: 'swallowed' }))
    await publish(flow.server, socketItem(channel, { content: 'two' }), socketItem(channel, { content: '"' }))
    await publish(flow.server, socketItem(channel, { 'content-bin': 'eMO8' }))
    const texts: string[] = []
    while (texts.length < 4) texts.push(...JSON.parse((await client.poll()).text.slice(1)))
    expect(texts).toEqual(['one', 'two', '"', 'xü'])
  })

  it('may poll once at a time', async () => {
    const { client, origin } = await flow.opened()
    const { waiting, told } = await client.pollTwice()
    expect(told).toBe('c[2010,"Another connection still open"]\n')
    origin.socket.send('m:for the one that waits')
    expect((await waiting.answer()).text).toBe('a["for the one that waits"]\n')
    waiting.client.destroy()
  })

  it('is told code and reason of a published close, again and again', async () => {
    const { client, channel } = await flow.subscribed()
    const item = socketItem(channel, { action: 'close', code: 4001, reason: 'bye' })
    await publish(flow.server, item)
    for (let i = 0; i < 3; i++) expect((await client.poll()).text).toBe('c[4001,"bye"]\n')
  })

  it('is told 0 where a published close has no code', async () => {
    const { client, channel } = await flow.subscribed()
    await publish(flow.server, socketItem(channel, { action: 'close' }))
    expect((await client.poll()).text).toBe('c[0,"Connection closed"]\n')
  })

  it('is told 0 where the origin closes without a code', async () => {
    const { client, origin } = await flow.opened()
    origin.socket.close()
    expect((await client.poll()).text).toBe('c[0,"Connection closed"]\n')
  })

  itOutlives('is told of a close by the origin, after what was sent before', async () => {
    const { client, origin } = await flow.opened()
    origin.socket.send('m:last')
    origin.socket.close(3000, 'Go away!')
    expect((await client.poll()).text).toBe('a["last"]\n')
    expect((await client.poll()).text).toBe('c[3000,"Go away!"]\n')
    await eventually('the end at the origin', () => origin.heard.length > 0)
    expect(origin.heard).toEqual(['close 3000 Go away!'])
  })

  it('is gone for the origin when it does not poll for 5 seconds', async () => {
    const { client, origin } = await flow.opened()
    const start = performance.now()
    await eventually('the end at the origin', () => origin.heard.length > 0, 10_000)
    expect(performance.now() - start).toBeGreaterThan(4500)
    expect(origin.heard).toEqual(['close 1006'])
    expect((await client.send('["late"]')).status).toBe(404)
  }, 15_000)

  it('is gone for the origin when it breaks a poll off', async () => {
    const { client, origin } = await flow.opened()
    const { waiting } = await client.pollTwice()
    waiting.client.destroy()
    await eventually('the end at the origin', () => origin.heard.length > 0)
    expect(origin.heard).toEqual(['close 1006'])
    const next = { holdfast: 'c[3000,"Client already closed connection"]\n', pushpin: 'o\n' }
    expect((await client.poll()).text).toBe(expected(next))
  })

  it.each(['', '["a', '"a"', '{}', '[1]'])('is told that %j is no payload', async (body) => {
    const { client } = await flow.opened()
    const response = await client.send(body)
    expect([response.status, response.text]).toEqual([400, 'Payload expected\n'])
  })

  it('may send no message', async () => {
    const { client } = await flow.opened()
    expect((await client.send('[]')).text).toBe('ok')
  })

  it('cannot send more than 100000 bytes at a time', async () => {
    const { client } = await flow.opened()
    const response = await client.send(JSON.stringify(['x'.repeat(100_000)]))
    expect([response.status, response.text]).toEqual([400, 'Request too large.\n'])
  })

  it('cannot send without a session', async () => {
    expect((await flow.client().send('["a"]')).status).toBe(404)
  })
})

describeFlows('a SockJS client that polls by JSON-P', () => {
  it('has its function called', async () => {
    const client = flow.client()
    const response = await client.jsonp('_jp.cb1')
    expect(response.text).toBe('/**/_jp.cb1("o");\n')
    expect(response.header('content-type')).toMatch(/^application\/javascript(;|$)/)
    const { request, socket } = await client.origin()
    const query = expected({ holdfast: '', pushpin: '&c=_jp.cb1' })
    expect(request.url).toBe(`/sock?name=${client.name}${query}`)
    socket.send('m:"x"')
    expect((await client.jsonp()).text).toBe('/**/cb("a[\\"\\\\\\"x\\\\\\"\\"]");\n')
  })

  it('sends by a form', async () => {
    const client = flow.client()
    await client.jsonp()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = 'd=%5B%22x%22%5D'
    const sent = await flow.get(`${client.path}/jsonp_send`, { method: 'POST', headers, body })
    expect([sent.status, sent.text]).toEqual([200, 'ok'])
    const { heard } = await client.origin()
    await eventually('the message', () => heard.length === 1)
    expect(heard).toEqual(['x'])
  })

  it('must name a function', async () => {
    const response = await flow.get('/sock/000/any/jsonp')
    expect([response.status, response.text]).toEqual([400, 'Bad Request\n'])
  })

  itChecks('must not name anything else', async () => {
    const response = await flow.get('/sock/000/any/jsonp?c=alert(1)')
    expect([response.status, response.text]).toEqual([400, 'invalid "callback" parameter\n'])
  })
})

describeFlows('a SockJS client that streams', () => {
  itLacks.each([
    ['xhr_streaming', 'POST', `${'h'.repeat(2048)}\no\n`, 'a["one"]\n'],
    ['eventsource', 'GET', '\r\ndata: o\r\n\r\n', 'data: a["one"]\r\n\r\n'],
    ['htmlfile', 'GET', '<script>\np("o");\n</script>\r\n', '<script>\np("a[\\"one\\"]");\n</script>\r\n'],
  ])('gets messages by %s', async (transport, method, start, frame) => {
    const client = flow.client()
    const stream = await client.stream(method, transport)
    expect(await stream.until(start)).toContain(start)
    const { socket, heard } = await client.origin()
    socket.send('m:one')
    await stream.until(frame)
    expect((await client.send('["back"]')).text).toBe('ok')
    await eventually('the message', () => heard.includes('back'))
    socket.close(3000, 'done')
    expect(await stream.ended()).toMatchObject({ complete: true, text: expect.stringContaining('c[3000,') })
  })
})

describeFlows('a SockJS client with a framed WebSocket', () => {
  const path = () => `/sock/000/${Math.floor(Math.random() * 1e9)}/websocket`

  it('is told that it is open, and has a frame for each message', async () => {
    const client = flow.client()
    const socket = await openSocket(flow.server.port, {
      target: `${client.path}/websocket?name=${client.name}`,
    })
    expect((await socket.next()).content.toString()).toBe('o')
    const origin = await client.origin()
    expect(origin.request.url).toBe(`/sock/websocket?name=${client.name}`)
    socket.send(encodeFrame(Opcode.text, '["a","b"]'))
    await eventually('the messages', () => origin.heard.length === 2)
    expect(origin.heard).toEqual(['a', 'b'])
    origin.socket.send('m:one')
    origin.socket.send('m:two')
    expect((await socket.next()).content.toString()).toBe('a["one"]')
    expect((await socket.next()).content.toString()).toBe('a["two"]')
    socket.destroy()
  })

  itTells('is told code and reason in a frame before the Close', async () => {
    const client = flow.client()
    const socket = await openSocket(flow.server.port, {
      target: `${client.path}/websocket?name=${client.name}`,
    })
    const origin = await client.origin()
    origin.socket.close(3000, 'Go away!')
    await socket.next()
    expect((await socket.next()).content.toString()).toBe('c[3000,"Go away!"]')
    const close = await socket.next()
    expect([close.opcode, close.content.readUInt16BE(0), close.content.toString('utf8', 2)]).toEqual([
      Opcode.close,
      3000,
      'Go away!',
    ])
    socket.send(encodeClose(3000))
    await socket.rest()
  })

  it('ends with a frame that is none', async () => {
    const socket = await openSocket(flow.server.port, { target: path() })
    await socket.next()
    socket.send(encodeFrame(Opcode.text, '["a'), encodeClose(1000))
    const closes = (await socket.rest()).map(({ content }) => content.readUInt16BE(0))
    expect(closes).toEqual(expected({ holdfast: [1002], pushpin: [] }))
  })

  it('is gone for its origin with a frame that is none, though it answers no Close', async () => {
    const client = flow.client()
    const socket = await openSocket(flow.server.port, {
      target: `${client.path}/websocket?name=${client.name}`,
    })
    const origin = await client.origin()
    socket.send(encodeFrame(Opcode.text, '["a'))
    await eventually('the end at the origin', () => origin.heard.length > 0)
    expect(origin.heard).toEqual(['close 1006'])
    socket.destroy()
  })

  it('is refused where there is no session', async () => {
    const socket = await sendHandshake(flow.server.port, { target: '/sock/nothing' })
    expect(await socket.answered()).toMatch(/^HTTP\/1\.1 404 /)
    socket.destroy()
  })
})

describeFlows('a WebSocket client that knows nothing of SockJS', () => {
  it('is passed on without frames', async () => {
    const client = flow.client()
    const socket = await openSocket(flow.server.port, { target: `/sock/websocket?name=${client.name}` })
    const origin = await client.origin()
    expect(origin.request.url).toBe(`/sock/websocket?name=${client.name}`)
    socket.send(encodeFrame(Opcode.text, 'bare'))
    await eventually('the message', () => origin.heard.length === 1)
    expect(origin.heard).toEqual(['bare'])
    origin.socket.send(Buffer.from('m:\u0001'))
    const frame = await socket.next()
    expect([frame.opcode, [...frame.content]]).toEqual([Opcode.binary, [1]])
    socket.destroy()
  })
})

describeFlows('SockJS on a no_grip route', () => {
  it('is served, and what looks like an instruction goes to the client', async () => {
    const client = flow.client('/plain')
    expect((await client.poll()).text).toBe('o\n')
    const { request, socket } = await client.origin()
    expect(request.headers['sec-websocket-extensions']).toBeUndefined()
    socket.send('c:{}')
    expect((await client.poll()).text).toBe('a["c:{}"]\n')
  })

  it.each([
    ['framed', 'a["c:{}"]'],
    ['raw', 'c:{}'],
  ])('is served by %s WebSockets, too', async (kind, text) => {
    const client = flow.client('/plain')
    const place = kind === 'raw' ? '/plain' : client.path
    const socket = await openSocket(flow.server.port, { target: `${place}/websocket?name=${client.name}` })
    if (kind === 'framed') expect((await socket.next()).content.toString()).toBe('o')
    const origin = await client.origin()
    expect(origin.request.url).toBe(`/plain/websocket?name=${client.name}`)
    origin.socket.send('c:{}')
    expect((await socket.next()).content.toString()).toBe(text)
    socket.destroy()
  })
})

describeFlows('a path beside that of SockJS', () => {
  holdfastOnly(it, 'Pushpin takes every path that begins so')('is not of SockJS', async () => {
    expect((await get(flow.server.port, '/sockets')).text).toBe('no HTTP here\n')
  })
})
