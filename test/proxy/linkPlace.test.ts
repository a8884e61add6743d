import { describe, expect, it } from 'vitest'
import type { HeldRequest } from '../../src/proxy/heldRequest.ts'
import { findLink } from '../../src/proxy/linkPlace.ts'
import { createTestProxy } from './support.ts'

const ROUTES = [
  'client.test,id=app a:1',
  'client.test,path_beg=/admin,id=admin b:1',
  'open.test,link_hosts=other.test,link_hosts=ported.test:8080,id=open c:1,untrusted',
]

function find(link: string, from: { authority?: string; secure?: boolean } = {}) {
  const { authority = 'client.test', secure = false } = from
  const { environment } = createTestProxy({ routes: ROUTES })
  const match = environment.routes().match({ host: authority, secure, protocol: 'http', path: '/' })
  const held: HeldRequest = { route: match!.route, secure, authority, target: '/stream?x=1' }
  const place = findLink(environment, held, new URL(link, `${secure ? 'https' : 'http'}://${authority}`))
  if (typeof place === 'string') return place
  const target = place.route.targets[0]!
  return { id: place.route.id, isInternal: place.isInternal, target }
}

describe('a link to where the client asked', () => {
  it.each(['/next', 'http://client.test/next', 'http://client.test:80/next'])(
    'goes by our routes: %s',
    (link) => {
      expect(find(link)).toMatchObject({ id: 'app', isInternal: true })
    },
  )

  it('goes by the route of its own path', () => {
    expect(find('/admin/next', { authority: 'client.test' })).toMatchObject({ isInternal: true })
  })
})

describe('a link to elsewhere', () => {
  it.each([
    [
      'another host',
      'http://other.test/next',
      'host other.test is not allowed: the route has no link_hosts=other.test',
    ],
    ['another port', 'http://client.test:81/next', 'host client.test:81 is not allowed'],
    ['another scheme', 'https://client.test/next', 'host client.test is not allowed'],
    ['a look-alike', 'http://client.test.evil.test/next', 'host client.test.evil.test is not allowed'],
    ['a name before an @', 'http://client.test@evil.test/next', 'host evil.test is not allowed'],
    ['no HTTP at all', 'ftp://other.test/next', 'ftp: links cannot be followed'],
  ])('is not followed: %s', (_name, link, text) => {
    expect(find(link)).toContain(text)
  })

  it('is followed where the route allows that host, with the trust that its own targets have', () => {
    const place = find('https://other.test/next', { authority: 'open.test' })
    const target = { host: 'other.test', port: 443, tls: true, untrusted: true, insecure: false }
    expect(place).toMatchObject({ isInternal: false, target })
  })

  it('is followed to the port that the route names, and to no other', () => {
    expect(find('http://ported.test:8080/next', { authority: 'open.test' })).toMatchObject({
      isInternal: false,
    })
    expect(find('http://ported.test/next', { authority: 'open.test' })).toContain('is not allowed')
  })
})
