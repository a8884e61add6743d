import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseKey } from '../../src/grip/keys.ts'
import { createAccess } from '../../src/ingress/auth/access.ts'
import type { DashboardTargets } from '../../src/ingress/dashboard/dashboardVerbs.ts'
import type { OpenTrial, Trial, TrialSink } from '../../src/ingress/dashboard/trial.ts'
import { createHttpApi, type HttpApi } from '../../src/ingress/httpApi.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { get, type OpenStream, openStream } from '../support/client.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { hs256Token } from '../support/gripSig.ts'
import { LinesLog } from '../support/linesLog.ts'
import { eventually } from '../support/waiting.ts'
import { createTestCommands, FakeBus } from './support.ts'

let api: HttpApi
let port: number
let clock: FakeClock
let snapshots: number
let nodes: () => Promise<readonly unknown[]>
let trials: { trial: Trial; sink: TrialSink; isStopped: boolean }[]

const openTrial: OpenTrial = (trial, sink) => {
  const entry = { trial, sink, isStopped: false }
  trials.push(entry)
  return () => {
    entry.isStopped = true
  }
}

async function start(dashboard?: DashboardTargets): Promise<void> {
  const bus = new FakeBus()
  api = createHttpApi({
    bus,
    counts: createCounters().received.http,
    commands: createTestCommands(bus),
    access: createAccess({
      authKey: parseKey('secret', () => Buffer.alloc(0)),
      authIss: '',
      authBasic: undefined,
    }),
    log: new LinesLog(),
    maxHeadersBytes: 10_000,
    maxBodyBytes: 10_000,
    dashboard,
  })
  port = (await api.listen({ host: '127.0.0.1', port: 0 })).port
}

beforeEach(() => {
  clock = new FakeClock()
  snapshots = 0
  trials = []
  nodes = async () => [{ snapshot: ++snapshots }]
  return start({ nodes: () => nodes(), clock, openTrial })
})
afterEach(() => api.close())

const headers = { Authorization: 'Bearer secret' }
const publishToken = () => hs256Token({ exp: Math.floor(Date.now() / 1000) + 60, scope: 'publish' }, 'secret')

const events = () => openStream(port, '/dashboard/events', { headers })
const tryIt = (body: unknown) =>
  openStream(port, '/dashboard/subscribe', { method: 'POST', headers, body: JSON.stringify(body) })

describe('the page of the dashboard', () => {
  it.each([
    ['/dashboard/', 'text/html'],
    ['/dashboard/main.js', 'text/javascript'],
    ['/dashboard/dashboard.css', 'text/css'],
    ['/dashboard/uPlot.js', 'text/javascript'],
    ['/dashboard/uPlot.css', 'text/css'],
  ])('answers %s without a key, and lets it load nothing from elsewhere', async (target, type) => {
    const answer = await get(port, target)
    expect([answer.status, answer.header('content-type')]).toEqual([200, `${type}; charset=utf-8`])
    const policy = answer.header('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it('is found without the slash at its end', async () => {
    const answer = await get(port, '/dashboard')
    expect([answer.status, answer.header('location')]).toEqual([308, '/dashboard/'])
  })

  it.each(['/dashboard/../package.json', '/dashboard/%2e%2e/package.json', '/dashboard/nothing.js'])(
    'has no file %s',
    async (target) => {
      expect((await get(port, target)).status).toBe(404)
    },
  )

  it('is not there where it is switched off', async () => {
    await api.close()
    await start()
    for (const target of ['/dashboard', '/dashboard/', '/dashboard/main.js', '/dashboard/events']) {
      expect((await get(port, target)).status).toBe(404)
    }
  })
})

describe('what feeds the dashboard', () => {
  it.each([
    ['GET', '/dashboard/events'],
    ['POST', '/dashboard/subscribe'],
  ])('is for callers with the scope admin: %s %s', async (method, target) => {
    expect((await get(port, target, { method })).status).toBe(401)
    const lesser = { Authorization: `Bearer ${publishToken()}` }
    expect((await get(port, target, { method, headers: lesser })).status).toBe(403)
    expect([snapshots, trials]).toEqual([0, []])
  })

  it('tells each window the same snapshot, each second', async () => {
    const windows = [await events(), await events()]
    for (const { head } of windows) expect(head.header('content-type')).toBe('text/event-stream')
    await eventually('the first snapshots are taken', () => snapshots >= 2)
    const before = snapshots
    clock.advance(1000)
    for (const window of windows) await window.until(`{"snapshot":${before + 1}}`)
    expect(snapshots).toBe(before + 1)
    for (const { client } of windows) client.destroy()
  })

  it('looks at nothing while nobody has it open', async () => {
    const window = await events()
    await window.until('snapshot')
    window.client.destroy()
    await eventually('its end is known', () => clock.timerCount === 0)
    const before = snapshots
    clock.advance(5000)
    expect(snapshots).toBe(before)
  })

  it('says what failed, and goes on', async () => {
    nodes = async () => {
      throw new Error('a worker is gone')
    }
    const window = await events()
    await window.until('event: fault\ndata: {"error":"a worker is gone"}')
    nodes = async () => [{ snapshot: 'again' }]
    clock.advance(1000)
    await window.until('again')
    window.client.destroy()
  })

  it('has room for 32 windows', async () => {
    const windows: OpenStream[] = []
    for (let i = 0; i < 32; i++) windows.push(await events())
    const answer = await get(port, '/dashboard/events', { headers })
    expect([answer.status, answer.text]).toEqual([503, 'Too many dashboards are open.\n'])
    for (const { client } of windows) client.destroy()
  })

  it('ends when the control port closes', async () => {
    const window = await events()
    await window.until('snapshot')
    await api.close()
    expect((await window.ended()).complete).toBe(true)
  })
})

describe('a trial', () => {
  const request = { transport: 'stream', path: '/a?b=c' }

  it('is told step by step', async () => {
    const more = { host: 'h.example:8', headers: ['X-A:  1 '], messages: ['m'] }
    const stream = await tryIt({ ...request, ...more })
    const { trial, sink } = trials[0]!
    expect(trial).toEqual({ ...request, ...more, headers: ['X-A', '1'] })
    sink.onSent('GET')
    clock.advance(20)
    sink.onReceived('a\nb')
    sink.onEnd()
    expect(await stream.ended()).toEqual({
      complete: true,
      text: 'event: sent\ndata: {"atMs":0,"text":"GET"}\n\nevent: received\ndata: {"atMs":20,"text":"a\\nb"}\n\n',
    })
  })

  it('stops when nobody looks any more', async () => {
    const stream = await tryIt(request)
    stream.client.destroy()
    await eventually('it is stopped', () => trials[0]?.isStopped)
  })

  it('is one of 16 at most', async () => {
    const streams: OpenStream[] = []
    for (let i = 0; i < 16; i++) streams.push(await tryIt(request))
    expect((await tryIt(request)).head.status).toBe(503)
    for (const { client } of streams) client.destroy()
  })

  it.each([
    ['body', 'nonsense'],
    ['transport', { path: '/' }],
    ['transport', { ...request, transport: 'pigeon' }],
    ['path', { ...request, path: 'a' }],
    ['path', { ...request, path: '/a b' }],
    ['path', { ...request, path: '/\r\nX: y' }],
    ['host', { ...request, host: 'a b' }],
    ['headers', { ...request, headers: 'X: y' }],
    ['headers', { ...request, headers: ['nothing'] }],
    ['headers', { ...request, headers: ['X: a\r\nY: b'] }],
    ['headers', { ...request, headers: ['Content-Length: 5'] }],
    ['messages', { ...request, messages: [1] }],
    ['messages', { ...request, messages: Array.from({ length: 101 }, () => 'm') }],
  ])('is refused for its %s', async (field, body) => {
    const answer = await get(port, '/dashboard/subscribe', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect([answer.status, JSON.parse(answer.text).error.startsWith(`${field}: `)]).toEqual([400, true])
    expect(trials).toEqual([])
  })
})
