import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import { describe, expect, it } from 'vitest'
import type { OriginTarget } from '../../src/edges/origin.ts'
import { freePort } from '../support/freePort.ts'
import { eventually } from '../support/waiting.ts'
import { type Asked, ask, createOrigin, startOrigin } from './httpOriginSupport.ts'
import { targetAt } from './passthroughFront.ts'
import { answerTogether, askPool, createPool, OK } from './poolSupport.ts'

/** Asks so many times at once, and answers how often each outcome was seen. */
async function askAtOnce(target: OriginTarget, count: number): Promise<Record<string, number>> {
  const origin = createOrigin()
  return outcomesOf(Array.from({ length: count }, () => ask(origin, target)))
}

async function outcomesOf(asked: readonly Asked[]): Promise<Record<string, number>> {
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
    // What is compiled meanwhile would look like a slow origin.
    await askAtOnce(targetAt((await startOrigin((socket) => socket.write(OK))).port), 500)
    expect(await askAtOnce(targetAt(port), 500)).toEqual({ '200 ok': 500 })
    expect(connections()).toBeLessThan(250)
  })

  it('is under way as a whole at an origin that answers nobody before it has all', async () => {
    const { port } = await startOrigin(answerTogether(300))
    expect(await askAtOnce(targetAt(port), 300)).toEqual({ '200 ok': 300 })
  })

  it('is answered by an origin that ends each connection after its answer', async () => {
    const { port } = await startOrigin((socket) =>
      socket.end(OK.replace('\r\n', '\r\nConnection: close\r\n')),
    )
    expect(await askAtOnce(targetAt(port), 200)).toEqual({ '200 ok': 200 })
  })

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('is answered by an origin that %s a connection when it is used again', async (_how, close) => {
    const answered = new Set<Socket>()
    const { port } = await startOrigin((socket) => {
      if (answered.has(socket)) close(socket)
      else socket.write(OK)
      answered.add(socket)
    })
    expect(await askAtOnce(targetAt(port), 300)).toEqual({ '200 ok': 300 })
  })

  it('is answered by an origin that resets each connection soon after its answer', async () => {
    const { port } = await startOrigin((socket) => {
      socket.write(OK, () => setTimeout(() => socket.resetAndDestroy(), 1))
    })
    expect(await askAtOnce(targetAt(port), 300)).toEqual({ '200 ok': 300 })
  })

  it('fails as a whole when nobody listens', async () => {
    expect(await askAtOnce(targetAt(await freePort()), 200)).toEqual({ ORIGIN_UNREACHABLE: 200 })
  })

  it('loses one request with one connection that cannot be made', async () => {
    const { port } = await startOrigin(answerTogether(199))
    const build = buildConnector({})
    let attempts = 0
    const connect: buildConnector.connector = (place, callback) => {
      if (++attempts === 70) setImmediate(() => callback(new Error('too many open files'), null))
      else build(place, callback)
    }
    const pool = createPool(port, { connect })
    const asked = Array.from({ length: 200 }, () => askPool(pool))
    expect(await outcomesOf(asked)).toEqual({ '200 ok': 199, ORIGIN_UNREACHABLE: 1 })
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

  it('is followed by others after the origin has ended the idle connections', async () => {
    const idle: Socket[] = []
    const { port, connections } = await startOrigin((socket) => {
      idle.push(socket)
      if (idle.length === 100) for (const each of idle) each.write(OK)
    })
    const origin = createOrigin()
    for (let round = 1; round <= 3; round++) {
      const asked = Array.from({ length: 100 }, () => ask(origin, targetAt(port)))
      expect(await outcomesOf(asked)).toEqual({ '200 ok': 100 })
      for (const socket of idle) socket.end()
      await eventually('the connections end', () => idle.every((socket) => socket.closed))
      idle.length = 0
    }
    expect(connections()).toBe(300)
  })
})
