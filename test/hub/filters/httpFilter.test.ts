import { describe, expect, it } from 'vitest'
import { type ErrorCode, HoldfastError } from '../../../src/errors.ts'
import type { FilterContext } from '../../../src/hub/filters/filter.ts'
import { compileFilters } from '../../../src/hub/filters/filterChain.ts'
import type { FilterFetch, FilterRequest, FilterResponse } from '../../../src/hub/filters/filterNetwork.ts'
import { StartLimiter } from '../../../src/hub/filters/startLimiter.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { contextOf, pass, settled, shown } from './support.ts'

const URL_META = { url: '/check?a=1' }
const OK: FilterResponse = { status: 200, headers: [], body: Buffer.alloc(0) }

/** A hold whose filters' requests are kept, and answered by `answer`. */
function createHold(answer: FilterFetch, maxWaiting = 5) {
  const requests: FilterRequest[] = []
  const clock = new FakeClock()
  const controller = new AbortController()
  const network = {
    fetch: (request: FilterRequest) => {
      requests.push(request)
      return answer(request)
    },
    limiter: new StartLimiter(clock, { maxWaiting }),
    clock,
    baseUrl: 'http://example.com/room/1?x=y',
    signal: controller.signal,
  }
  const run = async (names: string[], changes: Partial<FilterContext> & { text?: string } = {}) => {
    const chain = compileFilters(names)
    if (chain.isSync) throw new Error('these filters do not ask the network')
    return shown(await chain.runAsync(contextOf({ subscriptionMeta: URL_META, ...changes }), network))
  }
  return { requests, clock, controller, network, run }
}

const answering = (response: Partial<FilterResponse>) => createHold(async () => ({ ...OK, ...response }))

/** Never answers, and gives up when it is told to. */
const silent: FilterFetch = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

describe('http-check and http-modify', () => {
  const names = ['http-check', 'http-modify']

  it('deliver with 200 and 204, and drop when the answer says so', async () => {
    for (const name of names) {
      const body = Buffer.from('hello')
      for (const status of [200, 204]) expect(await answering({ status, body }).run([name])).toBe('hello')
      for (const status of [200, 204]) {
        expect(await answering({ status, headers: ['action', 'drop'] }).run([name])).toBe('drop')
      }
      expect(await answering({ body, headers: ['Action', 'Drop'] }).run([name])).toBe('hello')
    }
  })

  it('fail with every other status', async () => {
    for (const status of [201, 302, 400, 500]) {
      const hold = answering({ status, headers: ['Action', 'drop'] })
      expect(await hold.run(['http-check'])).toBe(`error: unexpected network request status: code=${status}`)
    }
  })

  it('tell meta and last ids in the request', async () => {
    const hold = answering({})
    const prevIds = new Map([
      ['chat', '1'],
      ['news', undefined],
      ['é', 'a"b; c'],
      ['bad\nname', '1'],
    ])
    const itemMeta = { append: '☃\x7f\r\n' }
    await hold.run(['http-check'], { prevIds, itemMeta })
    expect(hold.requests[0]!.headers).toEqual([
      ...['Sub-Meta', '{"url":"/check?a=1"}'],
      ...['Pub-Meta', '{"append":"\\u2603\\u007f\\r\\n"}'],
      ...['Grip-Last', 'chat; last-id=1'],
      ...['Grip-Last', '\xc3\xa9; last-id="a\\"b; c"'],
    ])
    expect(JSON.parse(hold.requests[0]!.headers[3]!)).toEqual(itemMeta)
  })

  it('ask the URL of the subscription meta, relative to where the hold is', async () => {
    const urls: [string, string][] = [
      ['/check?a=1', 'http://example.com/check?a=1'],
      ['check', 'http://example.com/room/check'],
      ['https://other.test:8443/', 'https://other.test:8443/'],
    ]
    for (const [url, asked] of urls) {
      const hold = answering({})
      await hold.run(['http-check'], { subscriptionMeta: { url } })
      expect(hold.requests[0]!.url).toBe(asked)
    }
  })

  it('fail without a URL, and with one that is none of HTTP', async () => {
    const hold = answering({})
    expect(await hold.run(['http-check'], { subscriptionMeta: {} })).toBe('error: missing url value')
    expect(await hold.run(['http-check'], { subscriptionMeta: { url: '' } })).toBe('error: missing url value')
    for (const url of ['http://[', 'file:///etc/passwd', 'ws://example.com/', 'data:,x']) {
      expect(await hold.run(['http-check'], { subscriptionMeta: { url } })).toBe('error: invalid url value')
    }
    expect(hold.requests).toEqual([])
  })

  it('say how the request failed', async () => {
    const failures: [ErrorCode, string][] = [
      ['ORIGIN_UNREACHABLE', 'connection refused'],
      ['ORIGIN_BROKEN', 'disconnected'],
      ['ORIGIN_TIMEOUT', 'request timed out'],
      ['ORIGIN_DENIED', 'general error'],
    ]
    for (const [code, words] of failures) {
      const hold = createHold(() => Promise.reject(new HoldfastError(code, 'origin a:1: why')))
      expect(await hold.run(['http-check'])).toBe(`error: network request failed: ${words} (origin a:1: why)`)
    }
  })

  it('do not take a bug for a failed request', async () => {
    const hold = createHold(() => Promise.reject(new TypeError('oops')))
    await expect(hold.run(['http-check'])).rejects.toThrow('oops')
    expect(hold.clock.timerCount).toBe(0)
  })

  it('give a request up after ten seconds', async () => {
    const hold = createHold(silent)
    const result = hold.run(['http-check'])
    await pass(hold.clock, 9999)
    expect(hold.requests[0]!.signal.aborted).toBe(false)
    await pass(hold.clock, 1)
    expect(await result).toBe('error: network request failed: request timed out')
  })

  it('run in the order of their names, each with what the one before made', async () => {
    const hold = createHold(async ({ body }) => ({ ...OK, body: Buffer.from(`${body}!`) }))
    const subscriptionMeta = { ...URL_META, user: 'ann' }
    const text = 'hi %(user)s'
    expect(await hold.run(['var-subst', 'http-modify', 'http-modify'], { subscriptionMeta, text })).toBe(
      'hi ann!!',
    )
    expect(hold.requests.map(({ body }) => body.toString())).toEqual(['hi ann', 'hi ann!'])
    expect(await hold.run(['var-subst', 'http-check'], { subscriptionMeta, text: '%' })).toMatch(
      /^error: var-subst/,
    )
    expect(hold.requests).toHaveLength(2)
  })

  it('leave no timer and no listener behind', async () => {
    const hold = answering({})
    let listeners = 0
    const { signal } = hold.controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: any) => {
      listeners++
      return (add as any)(...args)
    }
    signal.removeEventListener = (...args: any) => {
      listeners--
      return (remove as any)(...args)
    }
    const runs = Array.from({ length: 8 }, () => hold.run(['http-check']))
    await pass(hold.clock, 200)
    await Promise.all(runs)
    expect(hold.clock.timerCount).toBe(0)
    expect(listeners).toBe(0)
  })
})

describe('http-check', () => {
  it('sends no content and takes none', async () => {
    const hold = answering({ body: Buffer.alloc(200_000) })
    expect(await hold.run(['http-check'])).toBe('hello')
    expect(hold.requests[0]!.body).toHaveLength(0)
    expect(hold.requests[0]!.maxBodyBytes).toBe(0)
  })
})

describe('http-modify', () => {
  it('sends the content and replaces it by the answer', async () => {
    const hold = answering({ body: Buffer.from('<<<hello>>>') })
    expect(await hold.run(['http-modify'])).toBe('<<<hello>>>')
    expect(hold.requests[0]!.body.toString()).toBe('hello')
    expect(await answering({}).run(['http-modify'])).toBe('')
  })

  it('fails when the answer is longer than 100000 bytes', async () => {
    expect(await answering({ body: Buffer.alloc(100_000, 'a') }).run(['http-modify'])).toHaveLength(100_000)
    expect(await answering({ body: Buffer.alloc(100_001) }).run(['http-modify'])).toBe(
      'error: network response exceeded 100000 bytes',
    )
  })
})

describe('a hold that ends while its filters run', () => {
  it('aborts the request under way and delivers nothing', async () => {
    const hold = createHold(silent)
    const result = hold.run(['http-check', 'http-check'])
    await settled()
    hold.controller.abort()
    expect(await result).toBe('cancelled')
    expect(hold.requests).toHaveLength(1)
    expect(hold.requests[0]!.signal.aborted).toBe(true)
    expect(hold.clock.timerCount).toBe(0)
  })

  it('delivers nothing either when the answer came in the same moment', async () => {
    const hold = createHold(async () => {
      hold.controller.abort()
      return OK
    })
    expect(await hold.run(['http-check', 'var-subst'])).toBe('cancelled')
  })

  it('starts no request that waited for its turn', async () => {
    const hold = createHold(async () => OK)
    const results = Array.from({ length: 5 }, () => hold.run(['http-check']))
    await settled()
    hold.controller.abort()
    await pass(hold.clock, 1000)
    expect((await Promise.all(results)).slice(3)).toEqual(['cancelled', 'cancelled'])
    expect(hold.requests).toHaveLength(3)
    expect(await hold.run(['http-check'])).toBe('cancelled')
    expect(hold.requests).toHaveLength(3)
  })

  it('is told when too many requests wait', async () => {
    const hold = createHold(async () => OK, 2)
    const results = Array.from({ length: 6 }, () => hold.run(['http-check']))
    await pass(hold.clock, 1000)
    expect((await Promise.all(results)).filter((result) => result !== 'hello')).toEqual([
      'error: network request limit reached',
    ])
  })
})
