import { afterEach, beforeEach, expect } from 'vitest'
import { OPEN_ACCESS } from '../../src/ingress/auth/access.ts'
import { createHttpApi, type HttpApi, type HttpApiOptions } from '../../src/ingress/httpApi.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { get, type RequestOptions } from '../support/client.ts'
import type { RawResponse } from '../support/httpResponse.ts'
import { LinesLog } from '../support/linesLog.ts'
import { createTestCommands, FakeBus } from './support.ts'

export const MAX_HEADERS = 10_000
export const MAX_BODY = 1_000_000

/** A control port with the bus behind it. */
export class ControlPort {
  /** Set before each test by `useControlPort`. */
  bus!: FakeBus
  log!: LinesLog
  api!: HttpApi
  port!: number
  recovered = 0

  /** Sends a body to be published. */
  post(body: string, options: RequestOptions = {}, target = '/publish'): Promise<RawResponse> {
    return get(this.port, target, { method: 'POST', body, ...options })
  }

  async start(options: Partial<HttpApiOptions>): Promise<void> {
    this.bus = new FakeBus()
    this.log = new LinesLog()
    this.recovered = 0
    this.api = this.create(options)
    this.port = (await this.api.listen({ host: '127.0.0.1', port: 0 })).port
  }

  /** Makes an API that publishes to the same bus. */
  create(options: Partial<HttpApiOptions> = {}): HttpApi {
    return createHttpApi({
      counts: createCounters().received.http,
      access: OPEN_ACCESS,
      bus: this.bus,
      log: this.log,
      maxHeadersBytes: MAX_HEADERS,
      maxBodyBytes: MAX_BODY,
      commands: createTestCommands(this.bus, () => {
        this.recovered++
      }),
      ...options,
    })
  }
}

/** Opens a control port before each test, which is open to all where nothing else is said, and closes it after it. */
export function useControlPort(options: Partial<HttpApiOptions> = {}): ControlPort {
  const control = new ControlPort()
  beforeEach(() => control.start(options))
  afterEach(() => control.api.close())
  return control
}

/** An item for streams. */
export function item(channel: string, more: object = {}): object {
  return { channel, formats: { 'http-stream': { content: 'x' } }, ...more }
}

/** The body of a request that publishes the items. */
export function bodyOf(...items: readonly unknown[]): string {
  return JSON.stringify({ items })
}

/** Expects an answer of plain text. */
export function expectText(response: RawResponse, status: number, text: string): void {
  expect(response.text).toBe(text)
  expect(response.status).toBe(status)
  expect(response.header('content-type')).toBe('text/plain')
  expect(response.header('content-length')).toBe(String(Buffer.byteLength(text)))
}
