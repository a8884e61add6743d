import { describe, expect, test } from 'vitest'
import { parseRoute } from '../../src/route/parseRoute.ts'
import type { Route } from '../../src/route/route.ts'
import { routeOf } from '../support/routeOf.ts'

const LONG_LINE =
  'Example.COM,proto=ws,ssl=yes,path_beg=/a,id=x,sig_iss=me,sig_key=base64:aGk=,prefix=p-,orig_headers,' +
  'as_host=other:81,replace_beg=/b,debug,aco,jsonp_mode=basic,jsonp_cb=cb,jsonp_body=b,jsonp_defcb=d,' +
  'jsonp_defmethod=PUT,session,sockjs=/s,sockjs_as_path=/t,header=A:1,no_grip,log_level=2 host:80'

describe('the condition of a route', () => {
  test('has Pushpin defaults where a line says nothing', () => {
    const { targets, ...rest } = routeOf('* host:80')
    expect(targets).toHaveLength(1)
    expect(rest).toEqual({
      id: '*,*,*,*',
      hasExplicitId: false,
      domain: '*',
      proto: undefined,
      ssl: undefined,
      pathBeg: '',
      sigIss: undefined,
      sigKey: undefined,
      prefix: '',
      origHeaders: false,
      asHost: undefined,
      pathRemove: 0,
      pathPrepend: '',
      debug: false,
      autoCrossOrigin: false,
      jsonp: {
        mode: 'extended',
        callbackParam: 'callback',
        bodyParam: undefined,
        defaultCallback: undefined,
        defaultMethod: 'GET',
      },
      session: false,
      sockJsPath: undefined,
      sockJsAsPath: undefined,
      setHeaders: [],
      grip: true,
      logLevel: undefined,
      linkHosts: [],
    })
  })

  test('takes every property', () => {
    const { targets, ...rest } = routeOf(LONG_LINE)
    expect(targets).toHaveLength(1)
    expect(rest).toEqual({
      id: 'x',
      hasExplicitId: true,
      domain: 'example.com',
      proto: 'ws',
      ssl: true,
      pathBeg: '/a',
      sigIss: 'me',
      sigKey: 'base64:aGk=',
      prefix: 'p-',
      origHeaders: true,
      asHost: 'other:81',
      pathRemove: 2,
      pathPrepend: '/b',
      debug: true,
      autoCrossOrigin: true,
      jsonp: {
        mode: 'basic',
        callbackParam: 'cb',
        bodyParam: 'b',
        defaultCallback: 'd',
        defaultMethod: 'PUT',
      },
      session: true,
      sockJsPath: '/s',
      sockJsAsPath: '/t',
      setHeaders: ['A', '1'],
      grip: false,
      logLevel: 2,
      linkHosts: [],
    })
  })

  test('knows every property that Pushpin has', () => {
    expect(parseRoute(LONG_LINE)?.warnings).toEqual([])
  })

  test('cannot be changed afterwards, in no part', () => {
    const route = routeOf('*,header=A:1 host:80,sub=c')
    for (const part of [
      route,
      route.setHeaders,
      route.jsonp,
      route.targets,
      route.targets[0],
      route.targets[0]?.subs,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  test.each([
    ['*,id=1,id=2 host:80', { id: '2' }],
    ['*,ssl=yes,ssl=no host:80', { ssl: false }],
  ] as [string, Partial<Route>][])('%s: the last of a repeated property counts', (line, expected) => {
    expect(routeOf(line)).toMatchObject(expected)
  })

  test.each(['sig_iss', 'sig_key', 'as_host', 'id'])('an empty %s is none', (prop) => {
    expect(routeOf(`*,${prop}= host:80`)).toEqual(routeOf('* host:80'))
  })
})

describe('the domain of a route', () => {
  test.each([
    ['*', '*'],
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['*.Example.com', '*.example.com'],
    ['[::1]', '::1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    [',id=a', ''],
  ])('%s is kept in the form that requests have: %j', (text, domain) => {
    expect(routeOf(`${text} host:80`).domain).toBe(domain)
  })

  test('is refused when it is no name in any script', () => {
    expect(() => parseRoute('"bü cher" host:80')).toThrow("domain is not a host name: 'bü cher'")
  })

  test.each([
    ['example.com:80', "domain 'example.com:80' never matches: hosts are compared without their port"],
    ['a.*.com', "domain 'a.*.com' never matches: wildcards are '*' and '*.NAME' only"],
    ['*.', "domain '*.' never matches: wildcards are '*' and '*.NAME' only"],
    ['*foo', "domain '*foo' never matches: wildcards are '*' and '*.NAME' only"],
    ['*.a.*', "domain '*.a.*' never matches: wildcards are '*' and '*.NAME' only"],
    ['http://a', "domain 'http://a' never matches: it is not a host name"],
  ])('%s is warned about', (text, warning) => {
    expect(parseRoute(`${text} host:80`)?.warnings).toEqual([warning])
  })

  test('is not warned about when it is an IPv6 address', () => {
    expect(parseRoute('[2001:DB8::1] host:80')?.warnings).toEqual([])
  })

  test('should not be missing together with the id', () => {
    expect(parseRoute('path_beg=/a host:80')?.warnings).toEqual([
      "condition has no domain or id: only its automatic id reaches it (write '*' for all hosts)",
    ])
  })
})

describe('a path in a condition', () => {
  test('is percent-encoded as clients send it', () => {
    expect(routeOf('*,path_beg=/é,replace_beg="/a b" host:80')).toMatchObject({
      pathBeg: '/%C3%A9',
      pathRemove: 7,
      pathPrepend: '/a%20b',
    })
  })

  test('is warned about when it does not start with a slash', () => {
    expect(parseRoute('*,path_beg=foo host:80')?.warnings).toEqual([
      "path_beg 'foo' never matches: paths start with '/'",
    ])
  })

  test.each([
    ['path_rem=3', { pathRemove: 3, pathPrepend: '' }],
    ['path_rem=-3', { pathRemove: 0, pathPrepend: '' }],
    ['path_rem=3,replace_beg=/x', { pathRemove: 0, pathPrepend: '/x' }],
    ['path_beg=/abc,path_rem=1,replace_beg=/x', { pathRemove: 4, pathPrepend: '/x' }],
    ['path_beg=/abc,replace_beg=', { pathRemove: 4, pathPrepend: '' }],
  ])('%s changes the path', (props, expected) => {
    expect(routeOf(`*,${props} host:80`)).toMatchObject(expected)
  })
})

describe('flags', () => {
  test.each(['', '=', '=yes', '=true', '=1', '=on', '=YES'])('debug%s is on', (value) => {
    expect(routeOf(`*,debug${value} host:80`).debug).toBe(true)
  })

  test.each(['=no', '=false', '=0', '=off', '=No'])('debug%s is off', (value) => {
    expect(routeOf(`*,debug${value} host:80`).debug).toBe(false)
  })

  test('with another word are on as in Pushpin, with a warning', () => {
    const parsed = parseRoute('*,debug=maybe host:80')
    expect(parsed?.route.debug).toBe(true)
    expect(parsed?.warnings).toEqual(["'debug=maybe' is neither yes nor no: taken as yes"])
  })

  test('no_grip=no leaves GRIP on', () => {
    expect(routeOf('*,no_grip=no host:80').grip).toBe(true)
  })
})

describe('headers that a route sets', () => {
  test('keep the written order, and of a repeated name the first one', () => {
    expect(routeOf('*,header=B:1,header=A:2,header=b:3,header="C:  x y " host:80').setHeaders).toEqual([
      ...['B', '1'],
      ...['A', '2'],
      ...['C', 'x y '],
    ])
  })

  test('may be empty, which removes the header', () => {
    expect(routeOf('*,header=Cookie: host:80').setHeaders).toEqual(['Cookie', ''])
  })

  test('hold one character per UTF-8 byte', () => {
    expect(routeOf('*,header=A:é host:80').setHeaders).toEqual(['A', '\u00c3\u00a9'])
  })

  test.each(['Host', 'Content-Length', 'transfer-encoding', 'Connection'])('cannot be %s', (name) => {
    const parsed = parseRoute(`*,header=${name}:1 host:80`)
    expect(parsed?.route.setHeaders).toEqual([])
    expect(parsed?.warnings).toEqual([`header '${name}' is ignored: a route cannot set it`])
  })

  test.each(['A', ':1', '', 'A B:1', 'A:x\u0000y', 'é:1'])('%j is refused', (text) => {
    expect(() => parseRoute(`*,"header=${text}" host:80`)).toThrow(
      `header must use format 'name:value': '${text}'`,
    )
  })
})

describe('JSON-P properties', () => {
  test('have POST as the default method of the basic mode', () => {
    expect(routeOf('*,jsonp_mode=basic host:80').jsonp).toMatchObject({
      mode: 'basic',
      defaultMethod: 'POST',
    })
  })
})

describe('automatic ids', () => {
  test.each([
    ['* host:80', '*,*,*,*'],
    ['a.com,proto=http,ssl=yes,path_beg=/x host:80', 'a.com,http,ssl,/x'],
    ['a.com,proto=ws,ssl=no host:80', 'a.com,ws,no-ssl,*'],
    ['path_beg=/x host:80', '*,*,*,/x'],
  ])('%s is called %s', (line, id) => {
    expect(routeOf(line)).toMatchObject({ id, hasExplicitId: false })
  })
})
