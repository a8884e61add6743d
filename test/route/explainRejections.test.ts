import { describe, expect, it } from 'vitest'
import { explainRejections } from '../../src/route/explainRejections.ts'
import { parseRoutes } from '../../src/route/parseRoutes.ts'
import { type RouteQuery, RouteTable } from '../../src/route/routeTable.ts'

const LINES = [
  '*,id=all a:1',
  '*,path_beg=/api,id=all-api a:1',
  '*.example.com,id=below a:1',
  '*.www.example.com,id=below-www a:1',
  'example.com,id=plain a:1',
  'example.com,path_beg=/a,id=a a:1',
  'example.com,path_beg=/a,ssl=yes,id=a-tls a:1',
  'example.com,path_beg=/a/b,id=a-b a:1',
  'example.com,proto=ws,id=sockets a:1',
  'id=by-name a:1',
]
const table = new RouteTable(parseRoutes(LINES.join('\n')).routes)

function reasons(query: Partial<RouteQuery>): Record<string, string> {
  const whole: RouteQuery = { host: 'example.com', path: '/', protocol: 'http', secure: false, ...query }
  const chosen = table.match(whole)?.route
  const rejections = explainRejections(table, whole, chosen)
  expect(rejections.map(({ route }) => route)).toEqual(table.routes.filter((route) => route !== chosen))
  return Object.fromEntries(rejections.map(({ route, reason }) => [route.id, reason]))
}

describe('the routes that a request does not take', () => {
  it('are for other hosts, or for all when the host has rules of its own', () => {
    expect(reasons({ host: 'EXAMPLE.com:80', path: '/x' })).toMatchObject({
      all: 'there are rules for example.com, and these alone are asked',
      below: 'it is for another host',
      'by-name': 'only requests that name it in Pushpin-Route take it',
    })
    expect(reasons({ host: 'a.www.example.com' })).toMatchObject({
      all: 'there are rules for *.www.example.com, and these alone are asked',
      below: 'there are rules for *.www.example.com, and these alone are asked',
    })
    expect(reasons({ host: 'www.example.com' })).toMatchObject({
      'below-www': 'it is for another host',
      plain: 'it is for another host',
    })
  })

  it('are for another protocol, scheme or path', () => {
    expect(reasons({ path: '/a' })).toMatchObject({
      sockets: 'it is for WebSockets',
      'a-tls': 'it is for TLS',
      'a-b': 'the path does not begin with /a/b',
    })
  })

  it('match too, and are ranked lower', () => {
    expect(reasons({ path: '/a/b', secure: true })).toMatchObject({
      plain: 'the chosen one has a longer path',
      a: 'the chosen one has a longer path',
    })
    expect(reasons({ path: '/a', secure: true })).toMatchObject({ a: 'the chosen one names the scheme' })
    expect(reasons({ path: '/a', protocol: 'ws' })).toMatchObject({ a: 'the chosen one names the protocol' })
  })

  it('are all of them when none is for the host and its path', () => {
    const only = new RouteTable(parseRoutes('example.com,path_beg=/a a:1').routes)
    const query: RouteQuery = { host: 'example.com', path: '/', protocol: 'http', secure: false }
    expect(explainRejections(only, query, only.match(query)?.route)).toMatchObject([
      { reason: 'the path does not begin with /a' },
    ])
  })
})
