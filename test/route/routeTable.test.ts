import { describe, expect, test } from 'vitest'
import { parseRoutes } from '../../src/route/parseRoutes.ts'
import { createRoute } from '../../src/route/route.ts'
import { RouteTable } from '../../src/route/routeTable.ts'
import { createTarget } from '../../src/route/target.ts'

function tableOf(...lines: string[]): RouteTable {
  const { routes, problems } = parseRoutes(lines.join('\n'))
  expect(problems).toEqual([])
  return new RouteTable(routes)
}

/** Looks up `http|https|ws|wss://authority/path` and answers the id of the route. */
function find(table: RouteTable, url: string): string | undefined {
  const [, scheme, host, path] = /^(\w+):\/\/([^/]*)(.*)$/.exec(url) as RegExpExecArray
  const protocol = scheme?.startsWith('ws') ? 'ws' : 'http'
  return table.match({ host: host!, path: path!, protocol, secure: scheme!.endsWith('s') && scheme !== 'ws' })
    ?.route.id
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}

describe('of several rules of a host', () => {
  const cases: [rules: string[], url: string, winner: string | undefined][] = [
    [['a', 'a,path_beg=/x'], 'http://a/x', 'a,path_beg=/x'],
    [['a', 'a,path_beg=/x'], 'http://a/y', 'a'],
    [['a,path_beg=/x', 'a,path_beg=/xy'], 'http://a/xyz', 'a,path_beg=/xy'],
    [['a,path_beg=/x', 'a,path_beg=/xy'], 'http://a/xz', 'a,path_beg=/x'],
    [['a,path_beg=/x', 'a,path_beg=/xy'], 'http://a/', undefined],
    [['a', 'a,ssl=yes'], 'https://a/', 'a,ssl=yes'],
    [['a', 'a,ssl=yes'], 'http://a/', 'a'],
    [['a', 'a,ssl=no'], 'http://a/', 'a,ssl=no'],
    [['a', 'a,ssl=no'], 'https://a/', 'a'],
    // Pushpin: the shorter path with ssl wins when it is written later (ODD-3).
    [['a,path_beg=/x/y', 'a,path_beg=/x,ssl=yes'], 'https://a/x/y', 'a,path_beg=/x/y'],
    [['a,path_beg=/x', 'a,path_beg=/x,ssl=yes', 'a,ssl=yes'], 'https://a/x', 'a,path_beg=/x,ssl=yes'],
    [['a,path_beg=/x', 'a,proto=http'], 'http://a/x', 'a,proto=http'],
    [['a,path_beg=/x,ssl=yes', 'a,proto=http'], 'https://a/x', 'a,proto=http'],
    [['a,proto=http,path_beg=/x', 'a,proto=http', 'a'], 'http://a/x', 'a,proto=http,path_beg=/x'],
    [['a,proto=ws', 'a'], 'http://a/', 'a'],
    [['a,proto=ws', 'a'], 'ws://a/', 'a,proto=ws'],
    [['a,proto=ws', 'a,proto=http'], 'wss://a/', 'a,proto=ws'],
    [['a,proto=ws,ssl=yes', 'a,proto=ws'], 'ws://a/', 'a,proto=ws'],
    [['a,proto=ws,ssl=yes', 'a,proto=ws'], 'wss://a/', 'a,proto=ws,ssl=yes'],
    [['a,proto=ws', 'a,path_beg=/x'], 'http://a/', undefined],
    [['a,path_beg=/x', 'a'], 'http://a/x?q=1', 'a,path_beg=/x'],
    [['a,path_beg=/x', 'a'], 'http://a/X', 'a'],
  ]
  test.each(cases)('%j: %s goes to %s, whatever their order', (rules, url, winner) => {
    for (const order of permutations(rules)) {
      const table = tableOf(...order.map((rule) => `${rule},id="${rule}" o:1`))
      expect(find(table, url)).toBe(winner)
    }
  })
})

describe('the host of a request', () => {
  const table = tableOf(
    'a.com,id=exact o:1',
    'sub.example.com,id=sub,path_beg=/x o:1',
    '*.example.com,id=wild o:1',
    '*.deep.example.com,id=deep o:1',
    '[::1],id=v6 o:1',
    '*,id=rest o:1',
  )

  test.each([
    ['http://a.com/', 'exact'],
    ['http://A.COM/', 'exact'],
    ['http://a.com:7999/', 'exact'],
    ['http://A.com:80/', 'exact'],
    ['http://[::1]/', 'v6'],
    ['http://[::1]:80/', 'v6'],
    ['http://::1/', 'v6'],
    ['http://[::1/', 'v6'],
    ['http://x.example.com/', 'wild'],
    ['http://X.Example.com:81/', 'wild'],
    ['http://x.y.example.com/', 'wild'],
    ['http://x.deep.example.com/', 'deep'],
    ['http://x.y.deep.example.com/', 'deep'],
    ['http://deep.example.com/', 'wild'],
    ['http://example.com/', 'rest'],
    ['http://.example.com/', 'rest'],
    ['http://xexample.com/', 'rest'],
    ['http://b.com/', 'rest'],
    ['http://x.a.com/', 'rest'],
    ['http:///', 'rest'],
    ['http://:80/', 'rest'],
    ['http://*/', 'rest'],
  ])('%s is served by the rules of %s', (url, id) => {
    expect(find(table, url)).toBe(id)
  })

  test('with rules of its own never falls back to a wildcard or to *', () => {
    expect(find(table, 'http://sub.example.com/x')).toBe('sub')
    expect(find(table, 'http://sub.example.com/y')).toBeUndefined()
  })

  test('under a wildcard never falls back to a shorter wildcard or to *', () => {
    const nested = tableOf('*.b.c,path_beg=/x o:1', '*.c o:1', '* o:1')
    expect(find(nested, 'http://a.b.c/y')).toBeUndefined()
  })

  test('without any rule has no route', () => {
    expect(find(tableOf('a.com o:1'), 'http://b.com/')).toBeUndefined()
    expect(find(new RouteTable([]), 'http://b.com/')).toBeUndefined()
  })

  test('is not matched by rules without a domain', () => {
    expect(find(tableOf(',id=x o:1'), 'http:///')).toBeUndefined()
  })

  // Trying each of its suffixes would hash 10^11 characters and outlast the time limit of a test.
  test('with thousands of labels costs no more than one with few', () => {
    const url = `http://${'a.'.repeat(50_000)}/`
    for (let i = 0; i < 100; i++) expect(find(table, url)).toBe('rest')
  })
})

describe('a lookup by id', () => {
  const table = tableOf(
    'a.com,id=one,path_beg=/x,ssl=yes,proto=ws o:1',
    ',id=hidden o:2',
    'b.com,id=twice o:3',
    'c.com,id=twice o:4',
    'd.com o:5',
  )

  test('looks neither at host, scheme nor protocol', () => {
    expect(table.lookupById('one', '/x/y')).toMatchObject({ by: 'id', route: { id: 'one' } })
  })

  test('finds rules without a domain, and those with an automatic id', () => {
    expect(table.lookupById('hidden', '/')).toMatchObject({ route: { domain: '' } })
    expect(table.lookupById('d.com,*,*,*', '/')).toMatchObject({ route: { domain: 'd.com' } })
  })

  test('finds nothing when the path is not one of the rule', () => {
    expect(table.lookupById('one', '/y')).toBeUndefined()
  })

  test('finds nothing for an unknown id', () => {
    expect(table.lookupById('none', '/')).toBeUndefined()
    expect(table.lookupById('', '/')).toBeUndefined()
  })

  test('says so when rules share the id, which stay reachable by their hosts', () => {
    expect(table.lookupById('twice', '/')).toBe('shared')
    expect(find(table, 'http://c.com/')).toBe('twice')
  })

  test('says so when three rules share it', () => {
    expect(tableOf('a,id=x o:1', 'b,id=x o:1', 'c,id=x o:1').lookupById('x', '/')).toBe('shared')
  })
})

describe('a table of routes made by a program', () => {
  const targets = [createTarget({ kind: 'local', name: 'demo' })]

  test('serves all hosts by default', () => {
    expect(find(new RouteTable([createRoute({ targets })]), 'http://any/')).toBe('*,*,*,*')
  })

  test('compares domains and paths in the form of requests', () => {
    const table = new RouteTable([createRoute({ domain: 'A.com', pathBeg: '/é', targets })])
    expect(find(table, 'http://a.com/%C3%A9')).toBe('a.com,*,*,/%C3%A9')
  })

  test('takes the first of two routes with the same condition', () => {
    const table = new RouteTable([createRoute({ id: 'x', targets }), createRoute({ id: 'y', targets })])
    expect(find(table, 'http://a/')).toBe('x')
  })

  test('does not follow later changes of the list it was given', () => {
    const routes = [createRoute({ id: 'x', targets })]
    const table = new RouteTable(routes)
    routes.pop()
    expect(table.routes).toHaveLength(1)
    expect(Object.isFrozen(table.routes)).toBe(true)
  })

  test('tells among which rules a route was found', () => {
    const table = tableOf('a.com o:1', '*.a.com o:1', '* o:1')
    const by = (host: string) => table.match({ host, path: '/', protocol: 'http', secure: false })?.by
    expect(['a.com', 'x.a.com', 'b'].map(by)).toEqual(['host', 'wildcard', 'default'])
  })
})
