import { describe, expect, it } from 'vitest'
import type { ClientRequest } from '../../src/edges/client.ts'
import { getAllHeaders, getHeader } from '../../src/util/headers.ts'
import { createTestProxy, type ProxySetup } from './support.ts'

/** What the origin gets of these fields. */
function sent(
  headers: readonly string[],
  setup: ProxySetup = {},
  more: Partial<ClientRequest> = {},
): readonly string[] {
  const { origin, send } = createTestProxy(setup)
  send({ headers, ...more })
  return origin.asked[0]!.request.headers
}

/** The same without the fields that every request gets. */
function own(headers: readonly string[], setup?: ProxySetup, more?: Partial<ClientRequest>): string[] {
  const all = sent(headers, setup, more)
  const kept: string[] = []
  for (let i = 0; i < all.length; i += 2) if (all[i] !== 'Grip-Feature') kept.push(all[i]!, all[i + 1]!)
  return kept
}

describe('a field of the client', () => {
  it('keeps its spelling, its place and its repetitions', () => {
    expect(own(['x-B', '1', 'X-a', '2', 'X-b', '3'])).toEqual(['x-B', '1', 'X-a', '2', 'X-b', '3'])
  })

  it.each([
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Accept-Encoding',
    'Proxy-Authorization',
    'Grip-Hold',
    'Grip-Sig',
    'gRIP-Anything',
  ])('named %s does not reach the origin', (name) => {
    expect(own(['X-A', '1', name, 'x', 'X-B', '2'])).toEqual(['X-A', '1', 'X-B', '2'])
  })

  it('that Connection names does not reach the origin, wherever it stands', () => {
    expect(own(['X-Hop', '1', 'Connection', 'close, x-hop', 'X-A', '2', 'x-HOP', '3'])).toEqual(['X-A', '2'])
  })
})

describe('a request to a GRIP origin', () => {
  it('says what we can do, once', () => {
    const headers = sent(['Grip-Feature', 'forged'])
    expect(getAllHeaders(headers, 'grip-feature').length).toBe(1)
    expect(getHeader(headers, 'grip-feature')).not.toContain('forged')
  })

  it('of the proxy before us keeps its GRIP fields and gets none of ours', () => {
    const headers = ['Grip-Sig', 'sig', 'Grip-Feature', 'theirs', 'Grip-Last', 'c; last-id=1']
    expect(sent(headers, { trusted: ['sig'] })).toEqual(headers)
  })
})

describe('header= of a route', () => {
  it('takes the place of the fields of its name, and removes them when empty', () => {
    const routes = ['*,header=X-Set:new,header=X-Gone: a:1']
    expect(own(['x-set', '1', 'X-A', '2', 'X-SET', '3', 'x-gone', '4'], { routes })).toEqual([
      'X-A',
      '2',
      'X-Set',
      'new',
    ])
  })

  it('cannot bring connection fields in', () => {
    expect(own([], { routes: ['*,header=Connection:X-A,header=Upgrade:x a:1'] })).toEqual([])
  })
})

describe('orig_headers', () => {
  const routes = ['*,orig_headers a:1']

  it('repeats every field under a marked name, also those that are removed', () => {
    expect(own(['Host', 'h', 'X-A', '1'], { routes })).toEqual([
      ...['X-A', '1'],
      ...['eb9bf0f5-Host', 'h', 'eb9bf0f5-X-A', '1'],
    ])
  })

  it('leaves out fields that need the mark of the client, unless they have it', () => {
    const options = { origHeadersNeedMark: new Set(['x-a']) }
    expect(own(['X-A', '1', 'eb9bf0f5-X-A', '2'], { routes, options })).toEqual([
      'X-A',
      '1',
      'eb9bf0f5-X-A',
      '2',
    ])
  })

  it('off removes what the client has marked itself', () => {
    expect(own(['eb9bf0f5-X-A', '1', 'X-A', '2'])).toEqual(['X-A', '2'])
  })
})

describe('X-Forwarded-*', () => {
  it('says https where the client came so, in the fields that the option asks for', () => {
    const secure = { secure: true }
    expect(own([], { options: { setXForwardedProtocol: 'both' } }, secure)).toEqual([
      ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Protocol', 'https'],
    ])
    expect(own([], { options: { setXForwardedProtocol: 'proto-only' } }, secure)).toEqual([
      'X-Forwarded-Proto',
      'https',
    ])
    expect(own([], { options: { setXForwardedProtocol: 'off' } }, secure)).toEqual([])
    expect(own(['X-Forwarded-Proto', 'https'], { options: { setXForwardedProtocol: 'both' } })).toEqual([])
  })

  it('is believed where it may be, and then said anew', () => {
    const options = { acceptXForwardedProtocol: true, setXForwardedProtocol: 'proto-only' } as const
    expect(own(['x-forwarded-protocol', 'https'], { options })).toEqual(['X-Forwarded-Proto', 'https'])
    expect(own(['X-Forwarded-Proto', 'http'], { options })).toEqual([])
  })

  it('is passed on as it is where nobody asked about it', () => {
    expect(own(['X-Forwarded-Proto', 'https'])).toEqual(['X-Forwarded-Proto', 'https'])
  })

  it('of addresses follows the rule for its kind of client', () => {
    const options = {
      xForwardedFor: { truncate: 0, append: true },
      xForwardedForTrusted: { truncate: undefined, append: false },
    }
    expect(own(['X-Forwarded-For', 'a'], { options })).toEqual(['X-Forwarded-For', '192.0.2.9'])
    const trusted = { options, trusted: ['s'] }
    expect(own(['X-Forwarded-For', 'a', 'Grip-Sig', 's'], trusted)).toEqual([
      'Grip-Sig',
      's',
      'X-Forwarded-For',
      'a',
    ])
  })
})

describe('CDN-Loop', () => {
  it('gets our name behind those that are there', () => {
    const options = { cdnLoop: 'us' }
    expect(own(['CDN-Loop', 'a, b', 'cdn-loop', 'c'], { options })).toEqual(['CDN-Loop', 'a, b, c, us'])
    expect(own([], { options })).toEqual(['CDN-Loop', 'us'])
    expect(own(['CDN-Loop', 'a'])).toEqual(['CDN-Loop', 'a'])
  })
})
