import { describe, expect, it } from 'vitest'
import { createTestProxy } from './support.ts'

describe('a request', () => {
  it('without a route is answered with 502 and logged as such', () => {
    const { origin, send, logged, environment } = createTestProxy({ routes: ['other.test a:1'] })
    const response = send({ target: '/x' })
    expect([response.sentHead?.status, response.body]).toEqual([502, 'Route not found\n'])
    expect(logged()).toBe('info GET http://client.test/x code=502 16 no route')
    expect(origin.asked).toEqual([])
    expect(environment.counters.requests).toBe(1)
  })

  it.each([[['* a:1']], [['*,no_grip a:1']], [[]]])(
    'about the server itself is answered with %j',
    (routes) => {
      const { origin, passed, send, logged } = createTestProxy({ routes })
      const response = send({ method: 'OPTIONS', target: '*' })
      expect([response.sentHead?.status, response.state, response.body]).toEqual([204, 'ended', ''])
      expect([origin.asked, passed]).toEqual([[], []])
      expect(logged()).toBe('info OPTIONS http://client.test* code=204 0')
    },
  )

  it('of a no_grip route is passed through, to its targets and unsigned', () => {
    const { passed, send, logged } = createTestProxy({
      routes: ['*,no_grip,replace_beg=/new a:1 b:2,host=b.test'],
    })
    send({ target: '/x', headers: ['Host', 'h', 'X-A', '1', 'Grip-Sig', 'x'] })
    expect(passed[0]).toMatchObject({ path: '/new/x', authority: 'client.test', headers: ['X-A', '1'] })
    expect(passed[0]!.targets.map(({ host, hostOverride }) => [host, hostOverride])).toEqual([
      ['a', undefined],
      ['b', 'b.test'],
    ])
    passed[0]!.onDone({ status: 200, target: 'a:1', bodyBytes: 5 })
    expect(logged()).toBe('info GET http://client.test/x -> a:1 code=200 5')
    passed[0]!.onDone({})
    expect(logged()).toBe('info GET http://client.test/x error')
  })

  it.each([
    ['a client', [], 403],
    ['the proxy before us', ['Grip-Sig', 'good'], undefined],
  ])('with WebSocket events of %s to an over_http target ends with %s', (_, fields, status) => {
    const { send, origin } = createTestProxy({ routes: ['* a:1,over_http'], trusted: ['good'] })
    const headers = ['Host', 'h', 'Content-Type', 'application/websocket-events', ...fields]
    const response = send({ method: 'POST', headers })
    expect(response.sentHead?.status).toBe(status)
    expect(origin.asked.length).toBe(status === undefined ? 1 : 0)
  })

  it.each(['* a:1 b:2,over_http', '*,no_grip a:1,over_http', '*,no_grip a:1 b:2,over_http'])(
    'with WebSocket events is refused by %s, where it could get to an over_http target',
    (route) => {
      const { send, origin, passed, logged } = createTestProxy({ routes: [route] })
      const response = send({ method: 'POST', headers: ['Content-Type', 'application/websocket-events'] })
      expect([response.sentHead?.status, response.state]).toEqual([403, 'ended'])
      expect([origin.asked, passed]).toEqual([[], []])
      expect(logged()).toBe('info POST http://client.test/path code=403 54')
    },
  )

  it('to the test target has the path below the route', () => {
    const { origin, send } = createTestProxy({ routes: ['*,path_beg=/test/ test', '*,path_beg=/all test'] })
    for (const target of ['/test/stream?channel=x', '/test/', '/all', '/all?x']) send({ target })
    expect(origin.asked.map(({ request }) => request.path)).toEqual(['/stream?channel=x', '/', '/', '/?x'])
  })

  it.each([
    ['path_rem=2', '/ab/c?d', '/b/c?d'],
    ['replace_beg=/new', '/ab/c', '/new/ab/c'],
  ])('of a route with %s asks for the changed path', (property, target, path) => {
    const { origin, send } = createTestProxy({ routes: [`*,${property} a:1`] })
    send({ target })
    expect(origin.asked[0]!.request.path).toBe(path)
  })

  it.each([
    ['the client', '* a:1', 'client.test'],
    ['the route', '*,as_host=route.test a:1', 'route.test'],
    ['the target', '*,as_host=route.test a:1,host=target.test', 'target.test'],
  ])('has the Host of %s', (_, route, authority) => {
    const { origin, send } = createTestProxy({ routes: [route] })
    send()
    expect(origin.asked[0]!.request.authority).toBe(authority)
  })
})

describe('the line of a request', () => {
  it('can say who asked, from where and with which program', () => {
    const { origin, send, logged } = createTestProxy({
      routes: ['*,id=r a:1'],
      options: { logFrom: true, logUserAgent: true },
    })
    send({ headers: ['Referer', 'http://page/', 'User-Agent', 'it'], secure: true })
    origin.asked[0]!.answer([])
    expect(logged()).toBe(
      'info GET https://client.test/path -> a:1 from=192.0.2.9 ref=http://page/ route=r code=200 0 ua=it',
    )
  })

  it('without a route has its address and size like any other', () => {
    const { send, logged } = createTestProxy({ routes: ['other.test a:1'], options: { logFrom: true } })
    send({ target: '/x' })
    expect(logged()).toBe('info GET http://client.test/x from=192.0.2.9 code=502 16 no route')
  })

  it('names the client that X-Forwarded-For names, by the rule for its kind', () => {
    const { origin, send, logged } = createTestProxy({
      options: { logFrom: true, xForwardedFor: { truncate: 0, append: true } },
      trusted: ['good'],
    })
    const headers = ['X-Forwarded-For', '198.51.100.1, 198.51.100.2']
    send({ headers })
    origin.asked[0]!.answer([])
    expect(logged()).toContain(' from=192.0.2.9 ')
    send({ headers: [...headers, 'Grip-Sig', 'good'] })
    origin.asked[1]!.answer([])
    expect(logged()).toContain(' from=198.51.100.1 ')
  })

  it.each([
    [1, false],
    [2, true],
    [3, true],
  ])('of a route with log_level %d is written: %s', (level, isWritten) => {
    const { origin, send, logged } = createTestProxy({ routes: [`*,log_level=${level} a:1`] })
    send()
    origin.asked[0]!.answer([])
    expect(logged() !== undefined).toBe(isWritten)
  })
})

describe('a hold', () => {
  it('is on the first channels only, when it has more than it may', () => {
    const { origin, send, holds } = createTestProxy({
      routes: ['* a:1,sub=extra'],
      options: { connectionSubscriptionMax: 2 },
    })
    send()
    origin.asked[0]!.answer(['Grip-Hold', 'stream', 'Grip-Channel', 'a, b, c', 'Grip-Channel', 'd'])
    const { subscribed } = {
      subscribed: holds.log.lines.filter((line) => line.startsWith('info subscribe')),
    }
    expect(subscribed.map((line) => line.split('=')[1])).toEqual(['extra', 'a', 'b'])
    expect(holds.log.lines).toContain(
      'warn /path: 2 of 4 channels left out: connection_subscription_max is 2',
    )
  })

  it('is on a channel once, however often it is named', () => {
    const { origin, send, holds } = createTestProxy({ routes: ['* a:1,sub=a'] })
    send()
    origin.asked[0]!.answer(['Grip-Hold', 'stream', 'Grip-Channel', 'a, a', 'Grip-Channel', 'a'])
    expect(holds.hub.channelCount).toBe(1)
    expect(holds.log.lines.filter((line) => line.startsWith('info subscribe')).length).toBe(1)
  })

  it.each([
    ['without a next link is answered instead', [], 'ended', 0],
    ['with a next link begins', ['Grip-Link', '</next>; rel=next'], 'held', 1],
  ])('with prev-id %s', (_, fields, state, channels) => {
    const { origin, send, holds } = createTestProxy()
    const response = send()
    origin.asked[0]!.answer(['Grip-Hold', 'stream', 'Grip-Channel', 'a; prev-id=1', ...fields], 'x')
    expect([response.state, holds.hub.channelCount]).toEqual([state, channels])
  })
})
