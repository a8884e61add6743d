import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explainRejections } from '../../src/route/explainRejections.ts'
import { createRoute } from '../../src/route/route.ts'
import { RouteTable } from '../../src/route/routeTable.ts'
import { createTarget } from '../../src/route/target.ts'

const targets = [createTarget({ kind: 'test' })]
const route = fc
  .record({
    domain: fc.constantFrom('*', '*.com', '*.a.com', 'a.com', 'b.a.com', ''),
    proto: fc.constantFrom(undefined, 'http' as const, 'ws' as const),
    ssl: fc.constantFrom(undefined, true, false),
    pathBeg: fc.constantFrom('', '/', '/a', '/a/b', '/c'),
  })
  .map((condition) => createRoute({ ...condition, targets }))
const query = fc.record({
  host: fc.constantFrom('a.com', 'b.a.com', 'A.com:80', 'c.com', 'com', 'x.b.a.com'),
  path: fc.constantFrom('/', '/a', '/a/b/c', '/c?x=1'),
  protocol: fc.constantFrom('http' as const, 'ws' as const),
  secure: fc.boolean(),
})

test('a route is called second best exactly when it would be taken if it were the only one of its domain', () => {
  fc.assert(
    fc.property(fc.array(route, { maxLength: 8 }), query, (routes, asked) => {
      const table = new RouteTable(routes)
      const chosen = table.match(asked)?.route
      for (const { route: other, reason } of explainRejections(table, asked, chosen)) {
        const wouldMatch = new RouteTable([other]).match(asked) !== undefined
        const isSecond = reason.startsWith('the chosen one')
        const isOvershadowed = reason.startsWith('there are rules for')
        if (isSecond) expect([wouldMatch, other.domain]).toEqual([true, chosen?.domain])
        if (!isSecond && !isOvershadowed) expect(wouldMatch).toBe(false)
      }
    }),
    { numRuns: 2_000 },
  )
})
