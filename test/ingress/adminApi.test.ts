import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LocalDirectory } from '../../src/cluster/localDirectory.ts'
import { parseKey } from '../../src/grip/keys.ts'
import type { Readiness } from '../../src/ingress/admin/adminTargets.ts'
import { createAccess } from '../../src/ingress/auth/access.ts'
import { createCommands } from '../../src/ingress/commands.ts'
import { createHttpApi, type HttpApi } from '../../src/ingress/httpApi.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { createTestHub } from '../hub/support.ts'
import { get } from '../support/client.ts'
import { createTestConnections } from '../support/connections.ts'
import { hs256Token } from '../support/gripSig.ts'
import { LinesLog } from '../support/linesLog.ts'
import { FakeBus } from './support.ts'

let api: HttpApi
let port: number
let readiness: Readiness
let reloads: number
let metricsFail: boolean
let log: LinesLog

beforeEach(async () => {
  readiness = { listening: true, bus: true, accepting: true }
  reloads = 0
  metricsFail = false
  log = new LinesLog()
  const bus = new FakeBus()
  const counts = createCounters().received.http
  const { hub, clock } = createTestHub()
  const directory = new LocalDirectory({ hub, connections: createTestConnections(), clock })
  api = createHttpApi({
    bus,
    counts,
    commands: createCommands({ bus, directory, recover: () => {} }),
    access: createAccess({
      authKey: parseKey('secret', () => Buffer.alloc(0)),
      authIss: '',
      authBasic: undefined,
    }),
    log,
    maxHeadersBytes: 10_000,
    maxBodyBytes: 1000,
    admin: {
      directory,
      readiness: () => readiness,
      status: async () => ({ answered: true }),
      nodes: async () => [],
      errors: async () => ({ errors: [] }),
      metrics: async () => {
        if (metricsFail) throw new Error('no numbers')
        return { type: 'text/x-metrics', text: 'a 1\n' }
      },
      routes: { list: async () => [], match: async () => ({ route: null }) },
      reload: () => {
        reloads++
      },
    },
  })
  port = (await api.listen({ host: '127.0.0.1', port: 0 })).port
})
afterEach(() => api.close())

const call = (target: string, token?: string, method = 'GET') =>
  get(port, target, {
    method,
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  })
const withScope = (scope: string) => hs256Token({ exp: Math.floor(Date.now() / 1000) + 60, scope }, 'secret')

describe('the admin API of a locked control port', () => {
  it.each(['/healthz', '/readyz', '/readyz/'])('answers %s without a key', async (target) => {
    expect((await call(target)).status).toBe(200)
  })

  it.each(['/status', '/errors', '/metrics', '/channels', '/channels/x', '/connections', '/connections/x'])(
    'answers %s to nobody without a key or with a token to publish',
    async (target) => {
      expect((await call(target)).status).toBe(401)
      expect((await call(target, withScope('publish'))).status).toBe(403)
      expect([200, 404]).toContain((await call(target, withScope('admin'))).status)
    },
  )

  it.each([
    ['DELETE', '/connections/x'],
    ['POST', '/refresh'],
    ['POST', '/reload'],
  ])('does nothing for %s %s without a key', async (method, target) => {
    expect((await call(target, undefined, method)).status).toBe(401)
    expect((await call(target, withScope('publish'), method)).status).toBe(403)
    expect(reloads).toBe(0)
  })

  it('reloads for a token of an operator', async () => {
    expect((await call('/reload', withScope('admin'), 'POST')).status).toBe(200)
    expect(reloads).toBe(1)
  })
})

describe('readiness', () => {
  it.each(['listening', 'bus', 'accepting'] as const)('is 503 without %s, and says so', async (failing) => {
    readiness = { ...readiness, [failing]: false }
    const answer = await call('/readyz')
    expect(answer.status).toBe(503)
    expect(JSON.parse(answer.text)).toEqual({ status: 'not ready', failed: [failing], checks: readiness })
    expect((await call('/healthz')).status).toBe(200)
  })
})

describe('what goes wrong', () => {
  it('in an answer is 500, and told in the log', async () => {
    metricsFail = true
    const answer = await call('/metrics', 'secret')
    expect(answer.status).toBe(500)
    expect(log.lines.join()).toContain('control: a request failed')
  })

  it('is that a body is too large', async () => {
    const headers = { Authorization: 'Bearer secret' }
    const answer = await get(port, '/refresh', { method: 'POST', body: 'x'.repeat(1001), headers })
    expect(answer.status).toBe(413)
  })
})

it('metrics have the media type that they come with', async () => {
  const answer = await call('/metrics', 'secret')
  expect([answer.header('content-type'), answer.text]).toEqual(['text/x-metrics', 'a 1\n'])
})
