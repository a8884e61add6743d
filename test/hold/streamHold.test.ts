import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Instruct, KeepAlive } from '../../src/grip/instruct.ts'
import type { LinkSink, LinkSource } from '../../src/hold/linkSource.ts'
import { StreamHold, type StreamOrigin } from '../../src/hold/streamHold.ts'
import { describeHold } from '../contracts/holdContract.ts'
import { chainedItem, requestAfter } from '../hub/chains.ts'
import { createTestHistory, requestsOf } from '../hub/support.ts'
import { FakeStream } from '../support/fakeClient.ts'
import { closeItem, responseItem, streamItem } from '../support/items.ts'
import { clientOf, createTestEnvironment, instructOf, originOf } from './support.ts'

describeHold('StreamHold', {
  create: (environment) => {
    const stream = new FakeStream()
    const keepAlive: KeepAlive = { data: Buffer.from('.'), mode: 'interval', timeoutSeconds: 700 }
    const hold = new StreamHold(environment, clientOf(stream))
    return {
      hold,
      subscribe: (channels) =>
        hold.begin(instructOf({ channels: requestsOf(...channels), keepAlive }), originOf()),
      sent: () => stream.text,
      ends: () => stream.ends,
      leave: () => stream.leave(),
    }
  },
  item: streamItem,
})

function begin(options: { keepAlive?: KeepAlive; framing?: 'chunked' | 'raw'; bufferBytes?: number } = {}) {
  const environment = createTestEnvironment({ clientSendBufferBytes: options.bufferBytes ?? 1000 })
  const stream = new FakeStream(options.framing)
  const hold = new StreamHold(environment, clientOf(stream))
  hold.begin(instructOf({ channels: requestsOf('a'), keepAlive: options.keepAlive }), originOf())
  return { environment, stream, hold, hub: environment.hub, clock: environment.clock }
}

describe('a held stream', () => {
  it.each([
    ['raw', 'onetwo'],
    ['chunked', '3\r\none\r\n3\r\ntwo\r\n'],
  ] as const)('gets its items in %s framing', (framing, wire) => {
    const { stream, hub, clock } = begin({ framing })
    for (const text of ['one', 'two']) {
      hub.deliver(streamItem('a', text))
      clock.settle()
    }
    expect(stream.text).toBe(wire)
  })

  it('gets items that wait together in one write', () => {
    const { stream, hub, clock } = begin()
    for (const text of ['1', '2', '3']) hub.deliver(streamItem('a', text))
    clock.settle()
    expect(stream.writes).toEqual(['1', '23'])
  })

  it('is sent the content before a close in the same batch, and then ended cleanly', () => {
    const { stream, hub, clock } = begin()
    hub.deliver(streamItem('a', '1'))
    hub.deliver(streamItem('a', '2'))
    hub.deliver(closeItem('a'))
    clock.settle()
    expect([stream.text, stream.ending]).toEqual(['12', 'end'])
  })

  it('takes no notice of items for long polls', () => {
    const { stream, hub, clock } = begin()
    hub.deliver(responseItem('a', 'x'))
    clock.settle()
    expect([stream.writes, stream.ending]).toEqual([[], undefined])
  })
})

describe('a client that does not read', () => {
  it('is cut off by the item that exceeds its bound, which is counted and logged', () => {
    const { environment, stream, hub } = begin()
    stream.bytesQueued = 996
    hub.deliver(streamItem('a', '12345'))
    expect([stream.text, stream.ending]).toEqual(['', 'destroy'])
    expect(environment.counters.closed['slow-client']).toBe(1)
    expect(environment.counters.streamHolds).toBe(0)
    expect(environment.log.lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn closed 192.0.2.1: slow-client: 996 bytes unread, 5 more to send, client_send_buffer is 1000',
    ])
  })

  it('is kept as long as the bound is not exceeded', () => {
    const { stream, hub } = begin()
    stream.bytesQueued = 995
    hub.deliver(streamItem('a', '12345'))
    expect([stream.text, stream.ending]).toEqual(['12345', undefined])
  })

  it('costs others of the channel nothing', () => {
    const { environment, stream, hub } = begin()
    const quick = new FakeStream()
    new StreamHold(environment, clientOf(quick)).begin(instructOf({ channels: requestsOf('a') }), originOf())
    stream.bytesQueued = 2000
    hub.deliver(streamItem('a', '1'))
    expect(quick.text).toBe('1')
  })
})

describe('a stream that comes with prev-ids', () => {
  function beginBehind(bufferBytes: number) {
    const environment = createTestEnvironment(
      { clientSendBufferBytes: bufferBytes },
      { history: createTestHistory() },
    )
    for (const channel of ['a', 'b', 'c']) {
      environment.hub.deliver(chainedItem(channel, 1))
      environment.hub.deliver(chainedItem(channel, 2, channel === 'b' ? 'large' : channel))
    }
    const stream = new FakeStream()
    const write = stream.write.bind(stream)
    stream.write = (wire) => {
      write(wire)
      stream.bytesQueued += wire.length
    }
    const channels = ['a', 'b', 'c'].map((channel) => requestAfter(channel, 1))
    new StreamHold(environment, clientOf(stream)).begin(instructOf({ channels }), originOf())
    return { environment, stream }
  }

  it('is first sent what it missed', () => {
    expect(beginBehind(1000).stream.text).toBe('alargec')
  })

  it('is sent nothing more once that is too much for its client', () => {
    const { environment, stream } = beginBehind(3)
    expect([stream.text, stream.ending]).toEqual(['a', 'destroy'])
    expect([environment.hub.channelCount, environment.counters.streamHolds]).toEqual([0, 0])
  })
})

describe('a stream whose next link leads to a hold without one', () => {
  function beginLinked(faultOf: StreamOrigin['faultOf'] = () => undefined) {
    const environment = createTestEnvironment({}, { history: createTestHistory() })
    const stream = new FakeStream('raw')
    let sink: LinkSink | undefined
    const links: LinkSource = {
      ...originOf().links,
      fetch: (_url, _lastIds, to) => {
        sink = to
        return { resume: () => {}, abort: () => {} }
      },
    }
    new StreamHold(environment, clientOf(stream)).begin(
      instructOf({ channels: requestsOf('a'), nextLink: { url: '/next', timeoutSeconds: 60 } }),
      originOf({ links, debug: true, faultOf }),
    )
    environment.pass(61_000)
    const answer = (channels: Instruct['channels']) => {
      sink!.onInstruct(instructOf({ channels }))
      sink!.onData(Buffer.from('last'))
      sink!.onEnd()
    }
    return { environment, stream, answer }
  }

  it('goes on where nothing is missed', () => {
    const { environment, stream, answer } = beginLinked()
    environment.hub.deliver(chainedItem('b', 1))
    environment.hub.deliver(chainedItem('b', 2, 'second'))
    answer([requestAfter('b', 1)])
    expect([stream.text, stream.ending]).toEqual(['lastsecond', undefined])
  })

  it('ends where items of a channel that comes new are neither in the history nor to be had from a link', () => {
    const { environment, stream, answer } = beginLinked()
    environment.hub.deliver(chainedItem('b', 5))
    answer([requestAfter('b', 1)])
    expect([stream.text, stream.ending]).toEqual(['last', 'end'])
    expect(environment.counters.closed['missed-items']).toBe(1)
  })

  it('ends where it must not be held so, which is logged and told in debug mode', () => {
    const { environment, stream, answer } = beginLinked(() => 'why not')
    answer(requestsOf('a'))
    expect([stream.text, stream.ending]).toEqual(['last\n\nwhy not\n', 'end'])
    expect(environment.log.lines.at(-1)).toMatch(/^warn closed .*: why not$/)
  })
})

describe('a client that has read everything', () => {
  it('gets an item that is larger than the bound', () => {
    const { stream, hub } = begin()
    hub.deliver(streamItem('a', 'x'.repeat(1001)))
    expect([stream.text.length, stream.ending]).toEqual([1001, undefined])
  })

  it('gets many items that waited together and are larger than the bound', () => {
    const { stream, hub, clock } = begin()
    for (let i = 0; i < 20; i++) hub.deliver(streamItem('a', 'x'.repeat(100)))
    clock.settle()
    expect([stream.text.length, stream.ending]).toEqual([2000, undefined])
  })
})

describe('keep-alives', () => {
  afterEach(() => void vi.restoreAllMocks())

  function withKeepAlive(mode: 'idle' | 'interval', timeoutSeconds: number) {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    return begin({ keepAlive: { data: Buffer.from('.'), mode, timeoutSeconds } })
  }

  it('of an interval come whatever is published', () => {
    const { environment, stream, hub } = withKeepAlive('interval', 10)
    environment.pass(9000)
    hub.deliver(streamItem('a', 'x'))
    environment.pass(1200)
    expect(stream.text).toBe('x.')
    environment.pass(20_000)
    expect(stream.text).toBe('x...')
  })

  it('of silence count from the last item', () => {
    const { environment, stream, hub } = withKeepAlive('idle', 10)
    for (let i = 0; i < 5; i++) {
      environment.pass(9000)
      hub.deliver(streamItem('a', 'x'))
    }
    expect(stream.text).toBe('xxxxx')
    environment.pass(9800)
    expect(stream.text).toBe('xxxxx')
    environment.pass(400)
    expect(stream.text).toBe('xxxxx.')
    environment.pass(10_200)
    expect(stream.text).toBe('xxxxx..')
  })

  it('are not written to a client that has bytes unread', () => {
    const { environment, stream } = withKeepAlive('interval', 10)
    stream.bytesQueued = 1
    environment.pass(30_000)
    expect(stream.text).toBe('')
    stream.drain()
    environment.pass(10_200)
    expect(stream.text).toBe('.')
  })

  it('are framed as the stream is', () => {
    const keepAlive: KeepAlive = { data: Buffer.from('\n\n'), mode: 'interval', timeoutSeconds: 10 }
    const { environment, stream } = begin({ framing: 'chunked', keepAlive })
    environment.pass(10_200)
    expect(stream.text).toBe('2\r\n\n\n\r\n')
  })

  it('stop when one of them finds that the client is gone', () => {
    const { environment, stream } = withKeepAlive('interval', 10)
    const write = stream.write.bind(stream)
    stream.write = (wire) => {
      write(wire)
      stream.leave()
    }
    environment.pass(60_000)
    expect(stream.text).toBe('.')
    expect(environment.counters.streamHolds).toBe(0)
  })

  it('without data write nothing, which would end a chunked body', () => {
    const keepAlive: KeepAlive = { data: Buffer.alloc(0), mode: 'interval', timeoutSeconds: 10 }
    const { environment, stream } = begin({ framing: 'chunked', keepAlive })
    environment.pass(60_000)
    expect(stream.writes).toEqual([])
  })

  it('come up to a second early, so that many streams do not write at once, but never much too often', () => {
    for (const [random, seconds, count] of [
      [0.9999, 10, 11],
      [0, 10, 10],
      [0.9999, 1, 200],
    ] as const) {
      vi.spyOn(Math, 'random').mockReturnValue(random)
      const keepAlive: KeepAlive = { data: Buffer.from('.'), mode: 'interval', timeoutSeconds: seconds }
      const { environment, stream } = begin({ keepAlive })
      environment.pass(101_000)
      expect(stream.text.length).toBeLessThanOrEqual(count)
      expect(stream.text.length).toBeGreaterThanOrEqual(count * 0.8)
    }
  })
})
