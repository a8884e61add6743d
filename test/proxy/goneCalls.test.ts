import { describe, expect, it } from 'vitest'
import type { HeldRequest } from '../../src/proxy/heldRequest.ts'
import { createTestProxy } from './support.ts'

function begin() {
  const proxy = createTestProxy()
  const route = proxy.environment.routes().routes[0]!
  const held: HeldRequest = { route, secure: false, authority: 'client.test', target: '/stream' }
  const tell = (url: string) =>
    proxy.goneCalls.tell(proxy.environment, held, new URL(url, 'http://client.test'))
  const warnings = () => proxy.holds.log.lines.filter((line) => line.startsWith('warn '))
  return { ...proxy, tell, warnings }
}

describe('an origin is told that a client is gone', () => {
  it('by a POST without body and without anything of the client', () => {
    const { origin, tell } = begin()
    tell('/gone?user=1')
    const { request } = origin.asked[0]!
    expect(request).toMatchObject({
      method: 'POST',
      path: '/gone?user=1',
      authority: 'client.test',
      body: undefined,
    })
    expect(request.headers.filter((_, i) => i % 2 === 0)).toEqual(['Grip-Feature'])
  })

  it('again after 1, 2 and 4 seconds when it fails, and no more then', async () => {
    const { origin, tell, holds, goneCalls, warnings } = begin()
    tell('/gone')
    for (const [i, seconds] of [1, 2, 4].entries()) {
      if (i === 1) origin.asked[i]!.head([], 500)
      if (i === 1) origin.asked[i]!.sink.onEnd()
      else origin.asked[i]!.fail('ORIGIN_BROKEN')
      holds.clock.advance(seconds * 1000 - 1)
      expect(origin.asked).toHaveLength(i + 1)
      holds.clock.advance(1)
      expect(origin.asked).toHaveLength(i + 2)
    }
    origin.asked[3]!.fail('ORIGIN_BROKEN')
    holds.clock.advance(60_000)
    expect(origin.asked).toHaveLength(4)
    expect(warnings()).toHaveLength(4)
    await goneCalls.idle()
  })

  it('no more once it has answered', () => {
    const { origin, tell, holds } = begin()
    tell('/gone')
    origin.asked[0]!.fail('ORIGIN_BROKEN')
    holds.clock.advance(1000)
    origin.asked[1]!.answer([])
    holds.clock.advance(60_000)
    expect(origin.asked).toHaveLength(2)
  })

  it('by no more than a hundred calls at one time', async () => {
    const { origin, tell, goneCalls } = begin()
    for (let i = 0; i < 250; i++) tell(`/gone?user=${i}`)
    expect(origin.asked).toHaveLength(100)
    for (let i = 0; i < 250; i++) {
      origin.asked[i]!.head([], 200)
      origin.asked[i]!.sink.onEnd()
      expect(origin.asked).toHaveLength(Math.min(101 + i, 250))
    }
    await goneCalls.idle()
  })

  it('unless the link leads to a host that the route does not allow', () => {
    const { origin, tell, warnings } = begin()
    tell('http://other.test/gone')
    expect(origin.asked).toEqual([])
    expect(warnings()).toEqual([expect.stringContaining('no link_hosts=other.test')])
  })
})

it('a server that stops can wait until all calls are answered', async () => {
  const { origin, tell, goneCalls } = begin()
  tell('/gone?user=1')
  tell('/gone?user=2')
  let isIdle = false
  const idle = goneCalls.idle().then(() => {
    isIdle = true
  })
  origin.asked[0]!.answer([])
  await Promise.resolve()
  expect(isIdle).toBe(false)
  origin.asked[1]!.answer([])
  await idle
})
