import { afterEach, beforeEach, expect } from 'vitest'
import { type RequestOptions, requestBytes } from '../support/client.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { connect, type RawClient } from '../support/rawClient.ts'
import { type Front, type RawOrigin, startFront, startRawOrigin, targetAt } from './passthroughFront.ts'

/** The bytes behind a request's head. */
export const END_OF_HEAD = '\r\n\r\n'

const BAD_GATEWAY = 'Error while proxying to origin.\n'

/** A front with an origin behind it, and the clients of one test. */
export class PassthroughBench {
  /** Set before each test by `usePassthrough`. */
  origin!: RawOrigin
  front!: Front
  readonly #clients: RawClient[] = []

  /** Replaces the front by one with other targets or limits. */
  async useFront(...parameters: Parameters<typeof startFront>): Promise<void> {
    await this.front.stop()
    this.front = await startFront(...parameters)
  }

  async client(): Promise<RawClient> {
    const client = await connect(this.front.port)
    this.#clients.push(client)
    return client
  }

  async sendRequest(target = '/', options: RequestOptions = {}): Promise<RawClient> {
    const client = await this.client()
    client.send(requestBytes(target, options))
    return client
  }

  async start(): Promise<void> {
    this.origin = await startRawOrigin()
    this.front = await startFront([targetAt(this.origin.port)])
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy()
    await this.front.stop()
    await this.origin.stop()
  }
}

/** Starts a front that passes all on to an origin before each test, and ends both after it. */
export function usePassthrough(): PassthroughBench {
  const bench = new PassthroughBench()
  beforeEach(() => bench.start())
  afterEach(() => bench.stop())
  return bench
}

/** Expects what a client is told when its request could not be passed on. */
export function expectFailure(response: RawResponse, status: number): void {
  expect(response.status).toBe(status)
  expect(response.header('content-type')).toBe('text/plain')
  expect(response.text).toBe(BAD_GATEWAY)
}
