import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import type { HeaderList } from '../support/client.ts'
import { SOCKET_ACCEPT, SOCKET_KEY } from '../support/frameClient.ts'
import { Opcode } from '../support/frames.ts'
import type { OriginRequest } from '../support/origin.ts'
import { answerHeld, eventOf, eventsAnswer, open, openHeld, useOverHttpFlow } from '../support/overHttp.ts'
import { describeFlows, expected, holdfastOnly } from '../support/target.ts'
import { eventually } from '../support/waiting.ts'

const flow = useOverHttpFlow()

/** Waits for a request that is held back. */
const held = (responses: readonly ServerResponse[], n: number) =>
  eventually(`request ${n}`, () => responses[n - 1])

const metas = ({ headers }: OriginRequest): HeaderList => headers.filter(([name]) => /^meta-/i.test(name))

describeFlows('an origin over HTTP that opens a WebSocket', () => {
  it('is asked with OPEN, and the client gets what it answers', async () => {
    const opening = eventsAnswer('OPEN\r\nTEXT 9\r\nm:welcome\r\nTEXT 7\r\nignored\r\n', [
      ['Sec-WebSocket-Extensions', 'grip'],
    ])
    const socket = await open(flow, [], { opening })
    expect(await socket.next()).toBe('text welcome')
    const request = await socket.request(1)
    expect([request.method, await socket.body(1)]).toEqual(['POST', 'OPEN\r\n'])
    expect(request.header('content-length')).toBe('6')
  })

  it('sees the fields of the handshake in every request, and those of the protocol', async () => {
    const fields =
      'Cookie: a=b\r\nOrigin: http://page.test\r\nSec-WebSocket-Protocol: chat.v2\r\nX-Custom: yes\r\n'
    const socket = await open(flow, undefined, { fields })
    socket.send('text', 'hi')
    const requests = [await socket.request(1), await socket.request(2)]
    for (const request of requests) {
      const values = [
        ...[
          'cookie',
          'origin',
          'sec-websocket-protocol',
          'x-custom',
          'sec-websocket-key',
          'sec-websocket-version',
        ],
        ...['sec-websocket-extensions', 'accept', 'content-type', 'host'],
      ].map((name) => request.all(name))
      const events = 'application/websocket-events'
      expect(values).toEqual([
        ...[['a=b'], ['http://page.test'], ['chat.v2'], ['yes'], [SOCKET_KEY], ['13']],
        ...[['grip'], [events], [events], ['h']],
      ])
      expect(request.all('grip-sig')).toHaveLength(1)
      expect(request.header('grip-feature')).toContain('status')
      expect(request.all('upgrade')).toEqual([])
    }
    const [first, second] = requests.map((request) => request.all('connection-id'))
    expect(first).toEqual(second)
    expect(first).toEqual([expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)])
  })

  it('does not see what only the proxy may say', async () => {
    const fields = 'Meta-User: eve\r\nConnection-Id: mine\r\nAccept: text/html\r\nContent-Length: 0\r\n'
    const socket = await open(flow, undefined, { fields })
    const request = await socket.request(1)
    expect(metas(request)).toEqual([])
    expect(request.all('accept')).toEqual(['application/websocket-events'])
    expect(request.all('connection-id')).not.toContain('mine')
  })

  it('gets its fields through to the client, less those of the protocol', async () => {
    const opening = eventsAnswer('OPEN\r\n', [
      ...([
        ['Sec-WebSocket-Extensions', 'grip'],
        ['Sec-WebSocket-Protocol', 'chat.v2'],
      ] as const),
      ...([
        ['Set-Cookie', 'a=1'],
        ['Set-Meta-User', 'ann'],
        ['Keep-Alive-Interval', '60'],
      ] as const),
    ])
    const { client } = await open(flow, [], { opening })
    const lines = client.head.split('\r\n')
    expect(lines[0]).toBe('HTTP/1.1 101 Switching Protocols')
    expect(lines).toContain('Sec-WebSocket-Protocol: chat.v2')
    expect(lines).toContain('Set-Cookie: a=1')
    expect(lines).toContain(`Sec-WebSocket-Accept: ${SOCKET_ACCEPT}`)
    expect(client.head).not.toMatch(/^(content-|keep-alive|set-meta|sec-websocket-extensions)/im)
  })

  it.each([
    ['OPEN\r\nTEXT 0x2\r\nhi\r\n', 'text hi'],
    ['OPEN\r\nTEXT 0002\r\nhi\r\n', 'text hi'],
    ['OPEN\r\nTEXT 2\r\nhi', 'text hi'],
    ['OPEN\r\nTEXT ff\r\nhi', 'text hi'],
    ['OPEN\r\nTEXT A\r\n0123456789\r\n', 'text 0123456789'],
    ['OPEN\r\nNOISE 2\r\nxx\r\nBINARY 2\r\nhi\r\n', 'binary hi'],
  ])('may write its events loosely: %j', async (body, frame) => {
    const socket = await open(flow, [], { opening: eventsAnswer(body) })
    expect(await socket.next()).toBe(frame)
  })
})

describeFlows('an origin over HTTP that does not open a WebSocket', () => {
  const refused = async (answer: Parameters<typeof flow.origin.answer>[0]) => {
    const client = await flow.connect()
    client.send(
      `GET ${flow.origin.answer(answer)} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${SOCKET_KEY}\r\n\r\n`,
    )
    const response = await client.response()
    client.destroy()
    return response
  }

  it('has its answer relayed', async () => {
    const headers = { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Basic', 'X-Custom': 'yes' }
    const response = await refused({ status: 401, reason: 'Who are you', headers, body: '{"no":1}' })
    expect([response.status, response.reason, response.text]).toEqual([401, 'Who are you', '{"no":1}'])
    expect(['content-type', 'www-authenticate', 'x-custom'].map((name) => response.header(name))).toEqual([
      'application/json',
      'Basic',
      'yes',
    ])
  })

  it('has a 200 of another type relayed', async () => {
    const response = await refused({ headers: { 'Content-Type': 'text/plain' }, body: 'hello' })
    expect([response.status, response.text]).toEqual([200, 'hello'])
  })

  it.each([
    ['no event', ''],
    ['another event', 'TEXT 2\r\nhi\r\n'],
    ['DISCONNECT', 'DISCONNECT\r\n'],
    ['half an event', 'OPEN'],
  ])('is a bad gateway when it answers with %s', async (_what, body) => {
    const response = await refused(eventsAnswer(body))
    expect([response.status, response.text]).toEqual([502, 'Error while proxying to origin.\n'])
  })
})

describeFlows('messages over HTTP', () => {
  it('go both ways, of every type', async () => {
    const body = 'TEXT 5\r\nhello\r\nBINARY 3\r\n\0\x01\xff\r\nPING 1\r\np\r\nPONG\r\nTEXT\r\n'
    const socket = await open(flow, [eventsAnswer(body), eventsAnswer()])
    socket.send('text', 'hi')
    expect(await socket.body(2)).toBe('TEXT 2\r\nhi\r\n')
    expect([await socket.next(), (await socket.client.next()).content]).toEqual([
      'text hello',
      Buffer.from([0, 1, 255]),
    ])
    expect([await socket.next(), await socket.next(), await socket.next()]).toEqual([
      'ping p',
      'pong',
      'text',
    ])
    socket.send('binary', Buffer.from([0, 255]))
    expect(await socket.body(3)).toBe('BINARY 2\r\n\0\xff\r\n')
    socket.send('ping', 'x')
    expect(await socket.body(4)).toBe('PING 1\r\nx\r\n')
    socket.send('pong')
    expect(await socket.body(5)).toBe('PONG\r\n')
    socket.send('text')
    expect(await socket.body(6)).toBe('TEXT\r\n')
  })

  it('that come while a request is under way go together in the next, in order', async () => {
    const socket = await openHeld(flow)
    socket.send('text', 'one')
    const first = await held(socket.responses, 1)
    for (const text of ['two', 'three', 'four']) socket.send('text', text)
    socket.send('ping', 'five')
    // The proxy has read them when it has answered what was sent behind them.
    await flow.get('/nowhere')
    expect(socket.count).toBe(2)
    answerHeld(first)
    expect(await socket.body(3)).toBe(
      'TEXT 3\r\ntwo\r\nTEXT 5\r\nthree\r\nTEXT 4\r\nfour\r\nPING 4\r\nfive\r\n',
    )
  })

  it('go one a request where the target wants it so', async () => {
    const socket = await openHeld(flow, '/one')
    socket.send('text', 'one')
    const first = await held(socket.responses, 1)
    socket.send('ping')
    socket.send('text', 'three')
    await flow.get('/nowhere')
    answerHeld(first)
    answerHeld(await held(socket.responses, 2))
    await held(socket.responses, 3)
    expect([await socket.body(2), await socket.body(3), await socket.body(4)]).toEqual([
      'TEXT 3\r\none\r\n',
      'PING\r\n',
      'TEXT 5\r\nthree\r\n',
    ])
  })

  it('may be large', async () => {
    const large = 'x'.repeat(150_000)
    // Pushpin 1.36 stalls with much more towards the client.
    const back = 'y'.repeat(expected({ holdfast: 900_000, pushpin: 10_000 }))
    const socket = await open(flow, [eventsAnswer(`TEXT ${back.length.toString(16)}\r\n${back}\r\n`)])
    socket.send('binary', large)
    expect(await socket.body(2)).toBe(`BINARY 249f0\r\n${large}\r\n`)
    let received = ''
    for (let isFinal = false; !isFinal; ) {
      const frame = await socket.client.next()
      expect(frame.opcode).toBe(received === '' ? Opcode.text : Opcode.continuation)
      received += frame.content
      isFinal = frame.isFinal
    }
    expect(received === back).toBe(true)
  })

  holdfastOnly(it, 'Pushpin drops the connection')(
    'of more than 200,000 bytes are refused with 1009',
    async () => {
      const socket = await open(flow)
      socket.send('binary', 'x'.repeat(200_001))
      expect(await socket.fails(1009)).toEqual([])
      expect(await socket.body(2)).toBe('DISCONNECT\r\n')
    },
  )
})

describeFlows('metas that an origin sets', () => {
  it('come back with every request, and can be changed and removed', async () => {
    const opening = eventsAnswer('OPEN\r\n', [
      ['Set-Meta-User', 'ann'],
      ['Set-Meta-Age', '9'],
    ])
    const answers = [
      eventsAnswer('', [['set-meta-user', 'bob']]),
      eventsAnswer('', [['Set-Meta-User', '']]),
      eventsAnswer(),
    ]
    const socket = await open(flow, answers, { opening })
    const seen: HeaderList[] = []
    for (let n = 2; n <= 4; n++) {
      socket.send('text', 'x')
      const sorted = [...metas(await socket.request(n))].sort(([a], [b]) => a.localeCompare(b))
      seen.push(sorted.map(([name, value]) => [name.toLowerCase(), value] as const))
    }
    const age = ['meta-age', '9']
    expect(seen).toEqual([[age, ['meta-user', 'ann']], [age, ['meta-user', 'bob']], [age]])
  })
})

describeFlows('an origin that holds bytes back', () => {
  const accepted = (n: number) => eventsAnswer('', [['Content-Bytes-Accepted', String(n)]])
  const held = holdfastOnly(it, 'Content-Bytes-Accepted came with Pushpin 1.41')

  held('gets them again with the next message', async () => {
    const opening = eventsAnswer('OPEN\r\n', [['Content-Bytes-Accepted', '0']])
    const socket = await open(flow, [accepted(5), accepted(13), eventsAnswer()], { opening })
    socket.send('binary', '[foo][hello')
    expect(await socket.body(2)).toBe('BINARY b\r\n[foo][hello\r\n')
    socket.send('binary', ' world]')
    expect(await socket.body(3)).toBe('BINARY 6\r\n[hello\r\nBINARY 7\r\n world]\r\n')
    expect((await socket.request(3)).all('content-bytes-replayed')).toEqual(['6'])
    socket.send('text', 'x')
    expect((await socket.request(4)).all('content-bytes-replayed')).toEqual([])
    expect(socket.client.head).not.toMatch(/content-bytes/i)
  })

  held('cannot accept more than it got', async () => {
    const socket = await open(flow, [accepted(3), eventsAnswer()])
    socket.send('text', 'ab')
    expect(await socket.fails(1011)).toEqual([])
    expect(await socket.body(3)).toBe('DISCONNECT\r\n')
  })
})

describeFlows('a published refresh', () => {
  holdfastOnly(it, 'the action refresh came with Pushpin 1.38')('has the origin asked at once', async () => {
    const subscribe = eventOf('TEXT', 'c:{"type":"subscribe","channel":"refreshed-here"}')
    const opening = eventsAnswer(`OPEN\r\n${subscribe}`, [['Sec-WebSocket-Extensions', 'grip']])
    const socket = await open(flow, [eventsAnswer('TEXT 6\r\nm:news\r\n'), eventsAnswer()], { opening })
    await flow.server.subscribed('refreshed-here')
    await flow.publish({ channel: 'refreshed-here', formats: { 'ws-message': { action: 'refresh' } } })
    expect([await socket.next(), await socket.body(2)]).toEqual(['text news', ''])
  })
})
