import { expect, it } from 'vitest'
import { type RouteWarningKind, warnOfRoute } from '../../src/proxy/routeWarnings.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { LinesLog } from '../support/linesLog.ts'
import { routeOf } from '../support/routeOf.ts'

function setUp() {
  const environment = { clock: new FakeClock(), log: new LinesLog() }
  const [one, other] = [routeOf('* a:1'), routeOf('* b:1')]
  const warn = (text: string, route = one, kind: RouteWarningKind = 'origin') =>
    warnOfRoute(environment, route, { kind, text })
  return { ...environment, other, warn }
}

it('a dead origin is warned of once a second, and those that were left out are counted', () => {
  const { clock, log, warn } = setUp()
  for (const text of ['first', 'second', 'third']) warn(text)
  clock.advance(999)
  warn('fourth')
  clock.advance(1)
  warn('fifth')
  clock.advance(1000)
  warn('sixth')
  expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
    'warn first',
    'warn fifth (3 more before)',
    'warn sixth',
  ])
  expect(log.lines).toContain('debug second')
})

it('each route, and each kind of warning, has its own second', () => {
  const { log, other, warn } = setUp()
  warn('one')
  warn('another route', other)
  warn('another kind', undefined, 'channels')
  warn('the same again')
  expect(log.lines).toEqual(['warn one', 'warn another route', 'warn another kind', 'debug the same again'])
})
