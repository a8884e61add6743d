import { describe, expect, it } from 'vitest'
import { bothItem, streamItem } from '../support/items.ts'
import { createTestProxy } from './support.ts'

const TWO_TARGETS = { routes: ['* a:1 b:2,host=b.test'] }
const STREAM = ['Grip-Hold', 'stream', 'Grip-Channel', 'c']
const RESPONSE = ['Grip-Hold', 'response', 'Grip-Channel', 'c']

describe('an answer without instructions', () => {
  it('is relayed part by part, without the fields of the origin connection', () => {
    const { origin, send, logged } = createTestProxy()
    const response = send({ target: '/a?b' })
    const [asked] = origin.asked
    expect(asked!.request).toMatchObject({
      method: 'GET',
      path: '/a?b',
      authority: 'client.test',
      body: undefined,
    })
    asked!.head(
      ['X-A', '1', 'Connection', 'X-B', 'X-B', '2', 'Transfer-Encoding', 'chunked', 'Keep-Alive', 'x'],
      207,
    )
    expect(response.sentHead).toEqual({ status: 207, reason: 'OK', headers: ['X-A', '1'] })
    asked!.data('one ')
    expect(response.body).toBe('one ')
    asked!.data('two')
    asked!.sink.onEnd()
    expect([response.body, response.state]).toEqual(['one two', 'ended'])
    expect(logged()).toBe('info GET http://client.test/a?b -> a:1 code=207 7')
  })

  it('passes 1xx responses on', () => {
    const { origin, send } = createTestProxy()
    const response = send()
    origin.asked[0]!.sink.onInformational({ status: 103, reason: 'Early Hints', headers: ['Link', 'x'] })
    expect(response.informationals).toEqual([{ status: 103, reason: 'Early Hints', headers: ['Link', 'x'] }])
  })

  it('passes nothing on with a 1xx response that is for the proxy', () => {
    const { origin, send } = createTestProxy()
    const response = send()
    const headers = [
      'Grip-Hold',
      'stream',
      'Connection',
      'X-A',
      'X-A',
      '1',
      'Content-Length',
      '5',
      'Link',
      'x',
    ]
    origin.asked[0]!.sink.onInformational({ status: 103, reason: 'Early Hints', headers })
    expect(response.informationals).toEqual([{ status: 103, reason: 'Early Hints', headers: ['Link', 'x'] }])
  })

  it('comes at the pace of its client', () => {
    const { origin, send } = createTestProxy()
    const response = send()
    const [asked] = origin.asked
    asked!.head()
    expect(asked!.data('x')).toBe(true)
    response.goesOn = false
    expect(asked!.data('y')).toBe(false)
    response.onDrain?.()
    expect(asked!.resumes).toBe(1)
  })

  it('that breaks off breaks the connection to the client', () => {
    const { origin, send, logged } = createTestProxy()
    const response = send()
    const [asked] = origin.asked
    asked!.head(['Content-Length', '10'])
    asked!.data('half')
    asked!.fail('ORIGIN_BROKEN')
    expect(response.state).toBe('aborted')
    expect(logged()).toBe('info GET http://client.test/path -> a:1 error')
  })
})

describe('a client that leaves', () => {
  it.each([
    ['before the answer', () => {}],
    ['after its head', (proxy: ReturnType<typeof createTestProxy>) => proxy.origin.asked[0]!.head()],
    [
      'within instructions',
      (proxy: ReturnType<typeof createTestProxy>) => {
        proxy.origin.asked[0]!.head(STREAM)
        proxy.origin.asked[0]!.data('x')
      },
    ],
  ])('%s ends the request to the origin, and nothing more is done', (_, begin) => {
    const proxy = createTestProxy()
    const response = proxy.send()
    begin(proxy)
    response.leave()
    const [asked] = proxy.origin.asked
    expect(asked!.isAborted).toBe(true)
    expect(proxy.logged()).toBe('info GET http://client.test/path -> a:1 error')
    // What was on its way when it left.
    asked!.sink.onEnd()
    asked!.fail('ORIGIN_BROKEN')
    expect(response.state).toBe('left')
    expect(proxy.holds.hub.channelCount).toBe(0)
    expect(proxy.holds.log.lines.filter((line) => line.startsWith('info')).length).toBe(1)
    // Nor is the origin blamed for its silence.
    proxy.holds.clock.advance(600_000)
    expect(proxy.holds.log.lines.length).toBe(1)
  })
})

describe('an origin that falls silent within instructions', () => {
  it('is given up after origin_timeout since it last said something', () => {
    const { origin, send, holds } = createTestProxy({ options: { debug: true, originTimeoutSeconds: 60 } })
    const response = send()
    origin.asked[0]!.head(STREAM)
    holds.clock.advance(40_000)
    origin.asked[0]!.data('x')
    holds.clock.advance(59_000)
    expect(response.state).toBe('open')
    holds.clock.advance(2000)
    expect(response.sentHead?.status).toBe(504)
    expect(response.body).toContain('a:1 stopped within its answer for 60 s')
    expect(origin.asked[0]!.isAborted).toBe(true)
  })
})

describe('a failure before the answer', () => {
  it.each([
    ['ORIGIN_UNREACHABLE', 502, 'Unable to connect to any targets. Tried: a:1'],
    ['ORIGIN_TIMEOUT', 504, 'it is ORIGIN_TIMEOUT'],
    ['ORIGIN_BROKEN', 502, 'it is ORIGIN_BROKEN'],
    ['ORIGIN_DENIED', 502, 'Error: Origin host/IP blocked.'],
  ] as const)('of %s is answered with %d, and in debug with what failed', (code, status, text) => {
    for (const debug of [false, true]) {
      const { origin, send, logged } = createTestProxy({ options: { debug } })
      const response = send()
      origin.asked[0]!.fail(code)
      expect(response.sentHead?.status).toBe(status)
      expect(response.body).toBe(`${debug ? text : 'Error while proxying to origin.'}\n`)
      expect(logged()).toBe(`info GET http://client.test/path -> a:1 code=${status} ${response.body.length}`)
    }
  })

  it.each(['ORIGIN_TIMEOUT', 'ORIGIN_BROKEN'] as const)(
    'of %s within instructions is answered, too',
    (code) => {
      const { origin, send, holds } = createTestProxy()
      const response = send()
      origin.asked[0]!.head(STREAM)
      origin.asked[0]!.data('half')
      origin.asked[0]!.fail(code)
      expect([response.sentHead?.status, response.state]).toEqual([
        code === 'ORIGIN_TIMEOUT' ? 504 : 502,
        'ended',
      ])
      expect(holds.hub.channelCount).toBe(0)
    },
  )
})

describe('a target that cannot be reached', () => {
  it('is followed by the next one, with its own Host', () => {
    const { origin, send, logged, holds } = createTestProxy(TWO_TARGETS)
    const response = send()
    origin.asked[0]!.fail('ORIGIN_UNREACHABLE')
    expect(origin.asked[1]!.target).toMatchObject({ host: 'b', port: 2 })
    expect(origin.asked[1]!.request.authority).toBe('b.test')
    origin.asked[1]!.answer([], 'x')
    expect(response.body).toBe('x')
    expect(logged()).toBe('info GET http://client.test/path -> b:2 code=200 1')
    expect(holds.log.lines).toContain('warn it is ORIGIN_UNREACHABLE; trying the next target')
  })

  it('and is the last one is named with the others', () => {
    const { origin, send } = createTestProxy({ ...TWO_TARGETS, options: { debug: true } })
    const response = send()
    origin.asked[0]!.fail('ORIGIN_UNREACHABLE')
    origin.asked[1]!.fail('ORIGIN_UNREACHABLE')
    expect(response.body).toBe('Unable to connect to any targets. Tried: a:1, b:2\n')
    expect(origin.asked.length).toBe(2)
  })

  it.each(['ORIGIN_TIMEOUT', 'ORIGIN_BROKEN', 'ORIGIN_DENIED'] as const)(
    'is not one that failed with %s: the request may have been done',
    (code) => {
      const { origin, send } = createTestProxy(TWO_TARGETS)
      send()
      origin.asked[0]!.fail(code)
      expect(origin.asked.length).toBe(1)
    },
  )

  it('may say so at once: the next one is the one that is asked, paused and given up', () => {
    const { origin, send } = createTestProxy(TWO_TARGETS)
    origin.onAsked = (asked) => {
      if (asked.target.host === 'a') asked.fail('ORIGIN_UNREACHABLE')
    }
    const response = send()
    const [first, second] = origin.asked
    second!.head()
    response.onDrain?.()
    response.leave()
    expect([first!.resumes, second!.resumes]).toEqual([0, 1])
    expect([first!.isAborted, second!.isAborted]).toEqual([false, true])
  })
})

describe('instructions', () => {
  it('begin a stream when the whole answer is there', () => {
    const { origin, send, holds, logged } = createTestProxy({ routes: ['*,prefix=p- a:1,sub=extra'] })
    const response = send()
    origin.asked[0]!.head([...STREAM, 'X-A', '1'])
    origin.asked[0]!.data('initial')
    expect(response.started).toBe(false)
    origin.asked[0]!.sink.onEnd()
    expect(response.sentHead?.headers).toEqual(['X-A', '1'])
    for (const channel of ['p-c', 'extra', 'c']) holds.hub.deliver(streamItem(channel, `|${channel}`))
    holds.clock.settle()
    expect(response.stream?.text).toBe('initial|p-c|extra')
    expect(logged()).toBe('info GET http://client.test/path -> a:1 accept')
  })

  it('begin a long poll, which the client can leave', () => {
    const { origin, send, holds } = createTestProxy()
    const response = send()
    origin.asked[0]!.answer(RESPONSE, 'timeout')
    expect([response.started, holds.hub.channelCount]).toEqual([false, 1])
    response.leave()
    expect([holds.hub.channelCount, origin.asked[0]!.isAborted]).toEqual([0, false])
  })

  it('reach a long poll of a client that was there before', () => {
    const { origin, send, holds } = createTestProxy()
    const response = send()
    origin.asked[0]!.answer(RESPONSE, 'timeout')
    holds.hub.deliver(bothItem('c', 'news'))
    expect([response.body, response.state]).toEqual(['news', 'ended'])
  })

  it.each([
    ['channel_max is reached no more', { maxNameLength: 4096, maxChannels: 0 }, ['c']],
    ['the name is too long', { maxNameLength: 0, maxChannels: 1000 }, []],
  ])(
    'get no long poll held on a channel whose items were not asked for, though %s',
    (_, channelLimits, open) => {
      const { holds, origin, send } = createTestProxy()
      const asked: string[] = []
      let onOpen = () => {}
      const feed = {
        open: (channels: readonly string[], callback: () => void) => {
          asked.push(...channels)
          onOpen = callback
        },
      }
      Object.assign(holds, { feed, channelLimits })
      send()
      origin.asked[0]!.answer(RESPONSE)
      expect(asked).toEqual(open)
      Object.assign(holds, { channelLimits: { ...channelLimits, maxChannels: 1000 } })
      onOpen()
      expect(holds.hub.channelCount).toBe(open.length)
    },
  )

  it('without a hold are an answer', () => {
    const { origin, send } = createTestProxy()
    const response = send()
    origin.asked[0]!.answer(['Grip-Status', '404', 'X-A', '1'], 'text')
    expect(response.sentHead).toMatchObject({ status: 404, headers: ['X-A', '1', 'Content-Length', '4'] })
    expect(response.body).toBe('text')
  })

  it('that are wrong are an error', () => {
    const { origin, send, logged } = createTestProxy({ options: { debug: true } })
    const response = send()
    origin.asked[0]!.answer(['Grip-Hold', 'forever'])
    expect(response.body).toMatch(
      /^Failed to parse accept instructions: Grip-Hold must be .*\nit is 'forever'; write .*\n$/,
    )
    expect(logged()).toContain('code=502')
  })

  it('of a trusted request are for the proxy before us', () => {
    const { origin, send } = createTestProxy({ trusted: ['sig'] })
    const response = send({ headers: ['Host', 'h', 'Grip-Sig', 'sig'] })
    origin.asked[0]!.answer(STREAM, 'x')
    expect(response.sentHead?.headers).toEqual(STREAM)
    expect(response.state).toBe('ended')
  })

  it.each([
    ['HEAD', 'HEAD', []],
    ['204', 'GET', ['Grip-Status', '204']],
  ])('for a stream that cannot have a body (%s) are an answer', (_, method, fields) => {
    const { origin, send, holds } = createTestProxy()
    const response = send({ method })
    origin.asked[0]!.answer([...STREAM, ...fields])
    expect([response.state, holds.hub.channelCount]).toEqual(['ended', 0])
  })
})
