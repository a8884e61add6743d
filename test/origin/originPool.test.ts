import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { OriginTarget } from '../../src/edges/origin.ts'
import { HttpOrigin } from '../../src/origin/httpOrigin.ts'
import { freePort } from '../support/freePort.ts'
import { eventually } from '../support/waiting.ts'
import { ask, createOrigin, startOrigin } from './httpOriginSupport.ts'
import { targetAt } from './passthroughFront.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const origins: HttpOrigin[] = []

afterEach(async () => {
  for (const origin of origins.splice(0)) await origin.close()
})

/** An origin of which there is one connection. */
function createNarrow(): HttpOrigin {
  const origin = new HttpOrigin({ responseTimeoutMs: 5000, maxConnections: 1 })
  origins.push(origin)
  return origin
}

/** Asks so many times at once, and answers how often each outcome was seen. */
async function askAtOnce(target: OriginTarget, count: number): Promise<Record<string, number>> {
  const origin = createOrigin()
  const asked = Array.from({ length: count }, () => ask(origin, target))
  const outcomes: Record<string, number> = {}
  for (const { ended } of asked) {
    const { head, body, error } = await ended()
    const outcome = error?.code ?? `${head?.status} ${body}`
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

describe('a burst of requests', () => {
  it('reaches an origin that answers at once over far fewer connections', async () => {
    const { port, connections } = await startOrigin((socket) => socket.write(OK))
    expect(await askAtOnce(targetAt(port), 500)).toEqual({ '200 ok': 500 })
    expect(connections()).toBeLessThan(250)
  })

  it('is under way as a whole at an origin that answers nobody before it has all', async () => {
    const asking: Socket[] = []
    const { port } = await startOrigin((socket) => {
      asking.push(socket)
      if (asking.length === 300) for (const each of asking) each.write(OK)
    })
    expect(await askAtOnce(targetAt(port), 300)).toEqual({ '200 ok': 300 })
  })

  it('is answered by an origin that ends each connection after its answer', async () => {
    const { port } = await startOrigin((socket) =>
      socket.end(OK.replace('\r\n', '\r\nConnection: close\r\n')),
    )
    expect(await askAtOnce(targetAt(port), 200)).toEqual({ '200 ok': 200 })
  })

  it('fails as a whole when nobody listens', async () => {
    expect(await askAtOnce(targetAt(await freePort()), 200)).toEqual({ ORIGIN_UNREACHABLE: 200 })
  })

  it('does not wait longer for connections in use than it takes to see that no others can be made', async () => {
    const taken: Socket[] = []
    const server = createServer((socket) => taken.push(socket.on('error', () => {})))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const origin = createOrigin()
    const asked = Array.from({ length: 200 }, () => ask(origin, targetAt(port)))
    await eventually('the first connections', () => taken.length >= 64)
    server.close()
    await eventually('those that wait fail', () => asked.filter(({ sink }) => sink.error).length === 136)
    for (const socket of taken) socket.write(OK)
    const answered = asked.filter(({ sink }) => sink.error === undefined)
    for (const { ended } of answered) expect((await ended()).body).toBe('ok')
  })
})

describe('the only connection', () => {
  it('is free again after a request that cannot be sent', async () => {
    const { port } = await startOrigin((socket) => socket.write(OK))
    const origin = createNarrow()
    const [refused, good] = [ask(origin, targetAt(port), { path: '/ä b€' }), ask(origin, targetAt(port))]
    expect((await refused.ended()).error?.code).toBe('ORIGIN_BROKEN')
    expect((await good.ended()).body).toBe('ok')
  })

  it('is not kept by a request that was given up while it waited', async () => {
    const asking: Socket[] = []
    const { port } = await startOrigin((socket) => asking.push(socket))
    const origin = createNarrow()
    const [first, second, third] = [1, 2, 3].map(() => ask(origin, targetAt(port)))
    await eventually('the first is asked', () => asking.length === 1)
    second!.exchange.abort()
    asking[0]!.write(OK)
    await first!.ended()
    await eventually('the third is asked', () => asking.length === 2)
    asking[1]!.write(OK)
    await third!.ended()
    expect(second!.sink.calls).toEqual([])
  })

  it('is made again when the origin has closed it', async () => {
    const { port, connections } = await startOrigin((socket) => socket.end(OK))
    const origin = createNarrow()
    for (let i = 0; i < 3; i++) expect((await ask(origin, targetAt(port)).ended()).body).toBe('ok')
    expect(connections()).toBe(3)
  })
})
