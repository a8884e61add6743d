import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HoldfastError } from '../../src/errors.ts'
import { describeRoute } from '../../src/route/describeRoute.ts'
import { parseRoute } from '../../src/route/parseRoute.ts'
import { parseRoutes } from '../../src/route/parseRoutes.ts'
import { rewriteTarget } from '../../src/route/rewriteTarget.ts'
import { createRoute, type Route } from '../../src/route/route.ts'
import { lexRouteLine, type RouteSection } from '../../src/route/routeLexer.ts'
import { type RouteQuery, RouteTable } from '../../src/route/routeTable.ts'
import { createTarget } from '../../src/route/target.ts'

const PROP_NAMES = (
  'proto ssl path_beg id sig_iss sig_key prefix orig_headers as_host path_rem replace_beg debug aco jsonp_mode ' +
  'jsonp_cb session sockjs header no_grip log_level untrusted insecure host sub over_http ipc_file_mode unknown'
).split(' ')

/** Text made of the pieces that mean something to the grammar, so that most lines come far. */
const nearlyALine = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...' ,="\\#:[]*./'.split(''), ',', ' ', '\t', '\r') },
      {
        weight: 3,
        arbitrary: fc.constantFrom('*', ' host:80', ' test', ' [::1]:80', '*.a.com', '/path', 'zhttp/'),
      },
      { weight: 3, arbitrary: fc.constantFrom(...PROP_NAMES.map((name) => `,${name}=`)) },
      { weight: 2, arbitrary: fc.constantFrom('yes', 'no', 'http', 'ws', '0', '-1', '777', 'a:b', 'basic') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''))

describe('random lines', () => {
  test.each([
    ['of any characters', fc.string({ unit: 'binary', maxLength: 200 })],
    ['of any code units', fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units))],
    ['of grammar pieces', nearlyALine],
  ])('%s give a route that can be described, or a coded error', (_, lines) => {
    fc.assert(
      fc.property(lines, (line) => {
        try {
          const parsed = parseRoute(line)
          if (parsed !== undefined) expect(describeRoute(parsed.route)).toMatch(/ go to .*\.$/s)
        } catch (error) {
          expect(error).toBeInstanceOf(HoldfastError)
          expect((error as HoldfastError).code).toBe('ROUTE_INVALID')
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('often make routes, so that the property above is about more than errors', () => {
    const lines = fc.sample(
      nearlyALine.map((tail) => `*${tail} host:80`),
      { numRuns: 500, seed: 1 },
    )
    const { routes } = parseRoutes(lines.map((line) => line.replace(/[\r\n]/g, '')).join('\n'))
    expect(routes.length).toBeGreaterThan(5)
  })

  test('as a file never throw, and each line is loaded, skipped with a reason, or empty', () => {
    fc.assert(
      fc.property(fc.array(nearlyALine), (lines) => {
        const { routes, problems } = parseRoutes(lines.join('\n'))
        const skipped = problems.filter((problem) => problem.severity === 'skipped')
        expect(new Set(skipped.map((problem) => problem.line)).size).toBe(skipped.length)
        expect(routes.length + skipped.length).toBeLessThanOrEqual(lines.join('\n').split('\n').length)
        const request = { host: 'a.b', path: '/', protocol: 'http', secure: false } as const
        const match = new RouteTable(routes).match(request)
        if (match !== undefined) expect(rewriteTarget(match.route, '/')).toMatch(/^\//)
      }),
      { numRuns: 500 },
    )
  })

  // A quadratic step would take 10^10 operations here and outlast the time limit of a test.
  test.each(['"', '\\"', ',a', ' ', ' a:1', '=', ',header=a:b', '"\\\\"'])(
    'are read to their end when they are 100,000 times %j',
    (piece) => {
      const { routes, problems } = parseRoutes(`*${piece.repeat(100_000)}`)
      const skipped = problems.filter((problem) => problem.severity === 'skipped')
      expect(routes.length + skipped.length).toBe(1)
    },
  )
})

describe('a written line', () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 })
  const name = text.filter((value) => value !== '' && !value.includes('='))
  const section = fc.record({
    value: text.filter((value) => !value.includes('=')),
    props: fc.array(fc.record({ name, value: text }), { maxLength: 4 }),
  })

  test('is read back as the same sections', () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (sections, spaces) => {
        const line = sections.map(writeSection).join(' '.repeat(spaces))
        expect(lexRouteLine(`${line} # comment`)).toEqual(sections)
      }),
      { numRuns: 1_000 },
    )
  })

  function writeSection({ value, props }: RouteSection): string {
    const written = props.map((prop) =>
      prop.value === '' ? quote(prop.name) : `${quote(prop.name)}=${quote(prop.value)}`,
    )
    return [quote(value), ...written].join(',')
  }

  function quote(raw: string): string {
    return `"${raw.replace(/["\\]/g, '\\$&')}"`
  }
})

describe('a route table', () => {
  const DOMAINS = ['a', 'x.a', 'y.x.a', '*.a', '*.x.a', '*', '']
  const targets = [createTarget({ kind: 'test' })]
  const path = fc.array(fc.constantFrom('/', 'p', 'q'), { maxLength: 4 }).map((parts) => `/${parts.join('')}`)
  const conditions = fc.uniqueArray(
    fc.record({
      domain: fc.constantFrom(...DOMAINS),
      proto: fc.constantFrom('http' as const, 'ws' as const, undefined),
      ssl: fc.constantFrom(true, false, undefined),
      pathBeg: fc.oneof(fc.constant(''), path),
    }),
    { selector: (condition) => JSON.stringify(Object.values(condition).map(String)), maxLength: 25 },
  )
  const query: fc.Arbitrary<RouteQuery> = fc.record({
    host: fc.constantFrom('a', 'x.a', 'X.A:80', 'z.a', 'y.x.a', 'z.x.a', 'w.z.x.a', 'b', 'xa', '.a', ''),
    secure: fc.boolean(),
    protocol: fc.constantFrom('http' as const, 'ws' as const),
    path,
  })

  test('finds what the rule of precedence says, read literally', () => {
    let found = 0
    fc.assert(
      fc.property(conditions, fc.array(query, { minLength: 10, maxLength: 10 }), (rules, queries) => {
        const routes = rules.map((rule) => createRoute({ ...rule, targets }))
        const table = new RouteTable(routes)
        for (const one of queries) {
          const expected = naiveMatch(routes, one)
          expect(table.match(one)?.route).toBe(expected)
          if (expected !== undefined) found++
        }
      }),
      { numRuns: 1_000 },
    )
    expect(found).toBeGreaterThan(1_000)
  })

  function naiveMatch(
    routes: readonly Route[],
    { host, path, protocol, secure }: RouteQuery,
  ): Route | undefined {
    const domain = bestDomain(routes, host.replace(/:\d+$/, '').toLowerCase())
    const matching = routes
      .filter((route) => route.domain === domain)
      .filter((route) => route.proto === undefined || route.proto === protocol)
      .filter((route) => route.ssl === undefined || route.ssl === secure)
      .filter((route) => path.startsWith(route.pathBeg))
    return matching.find((route) => matching.every((other) => other === route || beats(route, other)))
  }

  function bestDomain(routes: readonly Route[], host: string): string {
    if (host !== '' && routes.some((route) => route.domain === host)) return host
    const labels = host.split('.')
    for (let from = 1; from < labels.length; from++) {
      const wildcard = `*.${labels.slice(from).join('.')}`
      const head = labels.slice(0, from).join('.')
      if (head !== '' && routes.some((route) => route.domain === wildcard)) return wildcard
    }
    return '*'
  }

  function beats(a: Route, b: Route): boolean {
    if ((a.proto === undefined) !== (b.proto === undefined)) return a.proto !== undefined
    if (a.pathBeg.length !== b.pathBeg.length) return a.pathBeg.length > b.pathBeg.length
    return a.ssl !== undefined && b.ssl === undefined
  }
})
