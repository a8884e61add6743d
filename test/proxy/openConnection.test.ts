import { describe, expect, it } from 'vitest'
import type { FakeResponse } from '../support/fakeClient.ts'
import { streamItem } from '../support/items.ts'
import { type Asked, createTestProxy, fakeRequest } from './support.ts'

const HOLD = (mode: string) => ['Grip-Hold', mode, 'Grip-Channel', 'c']

interface Case {
  readonly proxy: ReturnType<typeof createTestProxy>
  readonly response: FakeResponse
  readonly asked: Asked
}

/** Sends a request to a proxy of its own. */
function begin(): Case {
  const proxy = createTestProxy()
  const response = proxy.send()
  return { proxy, response, asked: proxy.origin.asked[0] as Asked }
}

const open = ({ proxy }: Case) => proxy.environment.stats.connections.slots.size

/** How a request can end, and what of it is before that. */
interface Ending {
  readonly end: (one: Case) => void
  readonly before?: (one: Case) => void
}

const endings: Readonly<Record<string, Ending>> = {
  'a relayed answer': { end: ({ asked }) => asked.answer([], 'body') },
  'an answer that says how to answer': { end: ({ asked }) => asked.answer(['Grip-Status', '204']) },
  'instructions that are not valid': { end: ({ asked }) => asked.answer(['Grip-Hold', 'nonsense']) },
  'an origin that is not there': { end: ({ asked }) => asked.fail('ORIGIN_UNREACHABLE') },
  'an origin that is silent': { end: ({ asked }) => asked.fail('ORIGIN_TIMEOUT') },
  'an answer that breaks off': {
    end: ({ asked }) => asked.fail('ORIGIN_BROKEN'),
    before: ({ asked }) => asked.head(),
  },
  'a client that leaves before the answer': { end: ({ response }) => response.leave() },
  'a long poll that is answered': {
    end: ({ proxy }) => proxy.holds.pass(60_000),
    before: ({ asked }) => asked.answer(HOLD('response')),
  },
  'a long poll whose client leaves': {
    end: ({ response }) => response.leave(),
    before: ({ asked }) => asked.answer(HOLD('response')),
  },
  'a stream whose client leaves': {
    end: ({ response }) => response.stream?.leave(),
    before: ({ asked }) => asked.answer(HOLD('stream')),
  },
  'a stream that a publisher ends': {
    end: ({ proxy }) => void proxy.holds.hub.deliver({ ...streamItem('c', ''), action: 'close' }),
    before: ({ asked }) => asked.answer(HOLD('stream')),
  },
}

describe('a connection', () => {
  it.each(Object.entries(endings))('is open until %s, and not after', (_, { end, before }) => {
    const one = begin()
    before?.(one)
    expect(open(one)).toBe(1)
    end(one)
    one.proxy.holds.clock.settle()
    expect(open(one)).toBe(0)
    const [traffic] = [...one.proxy.environment.stats.traffic.all()]
    expect([traffic!.connections, traffic!.minutes, traffic!.activity]).toEqual([0, 1, 1])
  })

  it('is the same while the origin is asked again, which counts as activity', () => {
    const one = begin()
    const { connections, traffic } = one.proxy.environment.stats
    one.asked.answer([...HOLD('response'), 'Grip-Timeout', '55'])
    const connection = connections.slots.get(0)!
    expect(connection.holder?.kind).toBe('response')
    one.proxy.holds.hub.recover()
    one.proxy.holds.pass(5000)
    const again = one.proxy.origin.asked[1] as Asked
    expect([connections.slots.get(0), connection.holder]).toEqual([connection, undefined])
    again.answer(HOLD('stream'))
    expect([connections.slots.get(0), connection.holder?.kind]).toEqual([connection, 'stream'])
    expect([...traffic.all()][0]!.activity).toBe(2)
    one.response.stream?.leave()
    expect(open(one)).toBe(0)
  })

  it('is not opened for a request that no route takes', () => {
    const proxy = createTestProxy({ routes: ['other.test a:1'] })
    proxy.send()
    expect(proxy.environment.stats.connections.slots.size).toBe(0)
    expect(proxy.environment.counters.requests).toBe(1)
  })

  it('has the bytes of both sides, heads without separators', () => {
    const { origin, send, environment } = createTestProxy()
    send({ target: '/p?q=1', headers: ['Host', 'client.test', 'X-A', 'b'] })
    const [asked] = origin.asked
    asked!.head(['X-From', 'origin', 'Content-Length', '5'])
    asked!.data('hello')
    asked!.sink.onEnd()
    const [traffic] = [...environment.stats.traffic.all()]
    const { method, path, headers } = asked!.request
    expect(traffic).toMatchObject({
      clientHeaderBytesReceived: 'GET/p?q=1Hostclient.testX-Ab'.length,
      clientHeaderBytesSent: '200OKX-FromoriginContent-Length5'.length,
      clientContentBytesSent: 5,
      serverHeaderBytesSent: `${method}${path}${headers.join('')}`.length,
      serverHeaderBytesReceived: '200OKX-FromoriginContent-Length5'.length,
      serverContentBytesReceived: 5,
    })
  })

  it('has the address that X-Forwarded-For gives, once somebody wants to know each', () => {
    const { environment, send } = createTestProxy()
    const { connections } = environment.stats
    send()
    expect(connections.slots.get(0)?.peerAddress).toBeUndefined()
    connections.watcher = { onOpened: () => {}, onClosed: () => {} }
    send()
    expect(connections.slots.get(1)?.peerAddress).toBe(fakeRequest().peerAddress)
    send({ headers: ['X-Forwarded-For', '198.51.100.1, 10.0.0.1'] })
    expect(connections.slots.get(2)?.peerAddress).toBe('198.51.100.1')
  })
})
