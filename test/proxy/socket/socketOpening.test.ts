import { describe, expect, it } from 'vitest'
import { getAllHeaders } from '../../../src/util/headers.ts'
import { openTestSocket } from '../socketSupport.ts'

const FAILED = 'Error while proxying to origin.\n'

describe('the opening of a WebSocket', () => {
  it('answers the client when the origin has accepted, and is logged', () => {
    const { handshake, sockets, logged, holds } = openTestSocket()
    expect(handshake.accepted).toBeUndefined()
    sockets[0]!.open([
      'Sec-WebSocket-Protocol',
      'chat',
      'Sec-WebSocket-Accept',
      'x',
      'Grip-X',
      '1',
      'X-A',
      '1',
    ])
    expect(handshake.accepted).toEqual({
      status: 101,
      reason: 'Switching Protocols',
      headers: ['Sec-WebSocket-Protocol', 'chat', 'X-A', '1'],
    })
    expect(logged()).toBe('info GET ws://client.test/path -> a:1 code=101 0')
    expect([holds.counters.socketHolds, holds.counters.origin.answered]).toEqual([1, 1])
  })

  it('relays a refusal whole, but for what is not for clients', () => {
    const { handshake, sockets, logged } = openTestSocket()
    sockets[0]!.refuse(403, 'no', [
      'X-A',
      '1',
      'Sec-WebSocket-Extensions',
      'grip',
      'Grip-X',
      '1',
      'Connection',
      'close',
    ])
    expect(handshake.refusedHead).toEqual({ status: 403, reason: 'Because', headers: ['X-A', '1'] })
    expect(handshake.refused).toEqual({ status: 403, text: 'no' })
    expect(logged()).toBe('info GET ws://client.test/path -> a:1 code=403 2')
  })

  it('tries the next target where one accepts no connection', () => {
    const { handshake, sockets } = openTestSocket({ routes: ['* a:1 b:2,host=b.test'] })
    sockets[0]!.fail('ORIGIN_UNREACHABLE')
    expect([sockets[1]!.target.host, sockets[1]!.request.authority]).toEqual(['b', 'b.test'])
    sockets[1]!.open()
    expect(handshake.accepted?.status).toBe(101)
  })

  it.each([
    ['ORIGIN_UNREACHABLE', 502, 'Unable to connect to any targets. Tried: a:1, b:2\n'],
    ['ORIGIN_DENIED', 502, 'Error: Origin host/IP blocked.\n'],
    ['ORIGIN_BROKEN', 502, 'it is ORIGIN_BROKEN\n'],
    ['ORIGIN_TIMEOUT', 504, 'it is ORIGIN_TIMEOUT\n'],
  ] as const)('that fails with %s is answered %d, and why where debug is on', (code, status, text) => {
    for (const debug of [false, true]) {
      const { handshake, sockets, environment } = openTestSocket({
        routes: ['* a:1 b:2'],
        options: { debug },
      })
      sockets[0]!.fail('ORIGIN_UNREACHABLE')
      sockets[1]!.fail(code)
      expect(handshake.refused).toEqual({ status, text: debug ? text : FAILED })
      expect(environment.stats.connections.slots.size).toBe(0)
    }
  })

  it('is given up when the client leaves', () => {
    const { handshake, sockets, logged } = openTestSocket()
    handshake.leave()
    expect(sockets[0]!.isAborted).toBe(true)
    expect(logged()).toBe('info GET ws://client.test/path -> a:1 error')
  })

  it('goes to in-process origins with the path below the route', () => {
    const { sockets } = openTestSocket({
      routes: ['*,path_beg=/path test'],
      request: { target: '/path/ws?x=1' },
    })
    expect(sockets[0]!.request.path).toBe('/ws?x=1')
  })

  it('goes over HTTP where the target wants it, with an id of its own', () => {
    const { origin, handshake, environment } = openTestSocket({ routes: ['* a:1,over_http'] })
    const { request } = origin.asked[0]!
    expect(String(request.body)).toBe('OPEN\r\n')
    const [id] = getAllHeaders(request.headers, 'connection-id')
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(environment.stats.connections.find(id!)?.kind).toBe('ws')
    origin.asked[0]!.answer(['Content-Type', 'application/websocket-events'], 'OPEN\r\n')
    expect(handshake.accepted?.status).toBe(101)
  })

  it('fails over from a native target to one over HTTP', () => {
    const { origin, sockets } = openTestSocket({ routes: ['* a:1 b:2,over_http'] })
    sockets[0]!.fail('ORIGIN_UNREACHABLE')
    expect(origin.asked[0]!.target.host).toBe('b')
  })

  it('tells a GRIP proxy in front how the origin has accepted GRIP', () => {
    const headers = ['Grip-Sig', 'sig', 'Sec-WebSocket-Extensions', 'grip']
    const { handshake, sockets } = openTestSocket({ trusted: ['sig'], request: { headers } })
    sockets[0]!.open(['Sec-WebSocket-Extensions', 'x, grip; message-prefix=""'])
    expect(handshake.accepted?.headers).toEqual(['Sec-WebSocket-Extensions', 'grip; message-prefix=""'])
  })
})
