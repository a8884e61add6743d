import { describe, expect, it } from 'vitest'
import { parseSockJsPath, pathBelowSockJs, sockJsOriginPath } from '../../../src/proxy/sockJs/sockJsPath.ts'
import { routeOf } from '../../support/routeOf.ts'

describe('a path', () => {
  it.each([
    ['/sock', ''],
    ['/sock?t=1', ''],
    ['/sock/info?t=1', '/info'],
    ['/sock/a/b/xhr', '/a/b/xhr'],
    ['/socks', undefined],
    ['/other', undefined],
  ])('%s is below /sock by %j', (target, below) => {
    expect(pathBelowSockJs(routeOf('*,sockjs=/sock a:1'), target)).toBe(below)
    expect(pathBelowSockJs(routeOf('*,sockjs=/sock/ a:1'), target)).toBe(below)
  })

  it('is for SockJS on no route without it', () => {
    expect(pathBelowSockJs(routeOf('* a:1'), '/sock')).toBeUndefined()
  })

  it.each([
    '/',
    '/a',
    '/a.html',
    '//',
    '///',
    '/a/a',
    '/a/a/',
    '/a./a/xhr',
    '/a/a./xhr',
    '/./x/xhr',
    '//a/xhr',
  ])('%s names no session', (below) => {
    expect(parseSockJsPath(below).kind).toBe(below === '/' ? 'greeting' : 'unknown')
  })

  it.each(['/a/a', '/_/_', '/1/1', '/abcdefgh_i-j%20/abcdefg_i-j%20'])('%s/xhr names one', (below) => {
    expect(parseSockJsPath(`${below}/xhr`)).toEqual({
      kind: 'session',
      id: below.split('/')[2],
      transport: 'xhr',
    })
  })

  it.each(['/iframe.html', '/iframe-a.html', '/iframe-.html', '/iframe-0.1.2abc-dirty.2144.html'])(
    '%s is the iframe page',
    (below) => {
      expect(parseSockJsPath(below)).toEqual({ kind: 'iframe' })
    },
  )

  it.each(['/iframe.htm', '/iframe', '/IFRAME.HTML', '/iframe.xml', '/iframe-/.html'])(
    '%s is not',
    (below) => {
      expect(parseSockJsPath(below).kind).toBe('unknown')
    },
  )

  it('is too long with an id of 257 characters', () => {
    expect(parseSockJsPath(`/0/${'x'.repeat(256)}/xhr`).kind).toBe('session')
    expect(parseSockJsPath(`/0/${'x'.repeat(257)}/xhr`).kind).toBe('unknown')
  })
})

describe('the path for the origin', () => {
  it('is what sockjs_as_path says', () => {
    const route = routeOf('*,sockjs=/sock,sockjs_as_path=/chat a:1')
    expect([sockJsOriginPath(route, 'http'), sockJsOriginPath(route, 'socket')]).toEqual(['/chat', '/chat'])
  })

  it('differs by transport without it, as in Pushpin', () => {
    const route = routeOf('*,sockjs=/sock a:1')
    expect([sockJsOriginPath(route, 'http'), sockJsOriginPath(route, 'socket')]).toEqual([
      '/sock',
      '/sock/websocket',
    ])
  })
})
