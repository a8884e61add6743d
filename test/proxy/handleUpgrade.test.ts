import { describe, expect, it } from 'vitest'
import type { PassthroughJob } from '../../src/edges.ts'
import { handleUpgrade } from '../../src/proxy/handleUpgrade.ts'
import { createTestProxy, fakeRequest } from './support.ts'

/** Sends a WebSocket handshake for the routes and notes what becomes of it. */
function upgrade(routes: readonly string[]) {
  const { environment, logged } = createTestProxy({ routes, options: { logFrom: true } })
  const refused: number[] = []
  const passed: PassthroughJob[] = []
  handleUpgrade(environment, fakeRequest(), {
    onClose: undefined,
    accept: () => expect.unreachable('no socket is served yet'),
    passThrough: (job) => void passed.push(job),
    refuse: ({ status }) => void refused.push(status),
  })
  return { refused, passed, logged }
}

describe('a WebSocket handshake', () => {
  it.each([
    ['without a route', ['other.test a:1'], 502, 'code=502 16 no route'],
    ['on a route that it cannot take', ['* a:1'], 501, 'code=501 62'],
  ])('%s is refused and logged as such', (_, routes, status, end) => {
    const { refused, passed, logged } = upgrade(routes)
    expect([refused, passed]).toEqual([[status], []])
    expect(logged()).toBe(`info GET http://client.test/path from=192.0.2.9 ${end}`)
  })

  it('on a no_grip route is passed on as one', () => {
    const { refused, passed } = upgrade(['*,no_grip a:1'])
    expect(refused).toEqual([])
    expect(passed[0]!.headers.slice(-4)).toEqual(['Connection', 'Upgrade', 'Upgrade', 'websocket'])
  })
})
