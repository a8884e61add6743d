import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { afterEach } from 'vitest'
import { DispatchedExchange } from '../../src/origin/dispatchedExchange.ts'
import { HttpOrigin } from '../../src/origin/httpOrigin.ts'
import { OriginPool, type OriginPoolOptions } from '../../src/origin/originPool.ts'
import { within } from '../support/waiting.ts'
import type { Asked } from './httpOriginSupport.ts'
import { targetAt } from './passthroughFront.ts'
import { RecordingSink, requestFor } from './recordingSink.ts'

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** An origin of which there is one connection. */
export function createNarrow(responseTimeoutMs = 5000): HttpOrigin {
  const origin = new HttpOrigin({ responseTimeoutMs, maxConnections: 1 })
  stops.push(() => origin.close())
  return origin
}

/** A pool that is destroyed after the test. */
export function createPool(port: number, options: OriginPoolOptions & { readonly isTls?: boolean }) {
  const { isTls = false, ...rest } = options
  const pool = new OriginPool(`http${isTls ? 's' : ''}://127.0.0.1:${port}`, rest)
  stops.push(() => pool.destroy())
  return pool
}

/** Asks a pool by itself. */
export function askPool(pool: OriginPool, identity?: string): Asked {
  const sink = new RecordingSink()
  const exchange = new DispatchedExchange(sink, targetAt(1), { isFailing: false })
  exchange.dispatchTo(pool, requestFor('/'), { identity, bodyTimeoutMs: undefined })
  const ended = async (): Promise<RecordingSink> => {
    await within(sink.ended, 5000, () => `the end, after ${sink.calls}`)
    return sink
  }
  return { sink, exchange, ended }
}

/** One attempt at a connection, with which the test does what it wants. */
export interface Attempt {
  succeed(): void
  fail(message: string): void
}

/** Connects only when the test says so. */
export function createHeldConnector() {
  const attempts: Attempt[] = []
  const build = buildConnector({})
  const connect: buildConnector.connector = (place, callback) => {
    attempts.push({
      succeed: () => build(place, callback),
      fail: (message) => callback(new Error(message), null),
    })
  }
  return { connect, attempts }
}

/** Answers those who ask with all the others, when there are so many. */
export function answerTogether(count: number): (socket: Socket) => void {
  const asking: Socket[] = []
  return (socket) => {
    asking.push(socket)
    if (asking.length === count) for (const each of asking) each.write(OK)
  }
}
