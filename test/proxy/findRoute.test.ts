import { describe, expect, it } from 'vitest'
import type { ClientRequest } from '../../src/edges/client.ts'
import { findRoute } from '../../src/proxy/findRoute.ts'
import { createTestProxy, fakeRequest, type ProxySetup } from './support.ts'

function found(setup: ProxySetup, request: Partial<ClientRequest> = {}, protocol?: 'http' | 'ws') {
  const routed = findRoute(createTestProxy(setup).environment, fakeRequest(request), protocol)
  return routed && { id: routed.route.id, secure: routed.secure, trusted: routed.trusted }
}

describe('the route of a request', () => {
  it('is found by its path without the query', () => {
    const routes = ['*,id=a,path_beg=/a a:1', '*,id=b,path_beg=/b a:1']
    expect(found({ routes }, { target: '/b?/a' })?.id).toBe('b')
    expect(found({ routes }, { target: '/?/a' })).toBeUndefined()
  })

  it('is one for its protocol', () => {
    const routes = ['*,id=web,proto=http a:1', '*,id=socket,proto=ws a:1']
    expect(found({ routes })?.id).toBe('web')
    expect(found({ routes }, {}, 'ws')?.id).toBe('socket')
  })

  it('is one for its scheme, which X-Forwarded-Proto can change where it is believed', () => {
    const routes = ['*,id=plain,ssl=no a:1', '*,id=tls,ssl=yes a:1']
    const headers = ['X-Forwarded-Proto', 'https']
    expect(found({ routes }, { headers })).toEqual({ id: 'plain', secure: false, trusted: false })
    const options = { acceptXForwardedProtocol: true }
    expect(found({ routes, options }, { headers })).toEqual({ id: 'tls', secure: true, trusted: false })
    expect(found({ routes, options }, { headers: ['X-Forwarded-Protocol', 'wss'] })?.id).toBe('tls')
    expect(found({ routes, options }, { secure: true, headers: ['X-Forwarded-Proto', 'http'] })?.id).toBe(
      'tls',
    )
  })

  it('is trusted only with a signature that holds', () => {
    const trusted = ['good']
    expect(found({ trusted }, { headers: ['grip-sig', 'good'] })?.trusted).toBe(true)
    expect(found({ trusted }, { headers: ['grip-sig', 'bad'] })?.trusted).toBe(false)
    expect(found({ trusted })?.trusted).toBe(false)
  })
})

describe('Pushpin-Route', () => {
  const routes = [
    'a.test,id=a a:1',
    'b.test,id=b,path_beg=/p a:1',
    'c.test,id=s a:1',
    'd.test,id=s a:1',
    '*,id=rest a:1',
  ]
  const options = { acceptPushpinRoute: true }
  const asking = (id: string): Partial<ClientRequest> => ({ headers: ['Pushpin-Route', id], target: '/p' })

  it('names the route, whatever the host', () => {
    expect(found({ routes, options }, asking('a'))?.id).toBe('a')
    expect(found({ routes, options }, asking('b'))?.id).toBe('b')
  })

  it('that no route has, or none for that path, finds none', () => {
    expect(found({ routes, options }, asking('x'))).toBeUndefined()
    expect(found({ routes, options }, { ...asking('b'), target: '/other' })).toBeUndefined()
  })

  it('of several routes leaves the choice to the host', () => {
    expect(found({ routes, options }, { ...asking('s'), authority: 'd.test' })?.id).toBe('s')
    expect(found({ routes, options }, { ...asking('s'), authority: 'e.test' })?.id).toBe('rest')
  })

  it('counts only where it is accepted', () => {
    expect(found({ routes }, asking('a'))?.id).toBe('rest')
  })
})
