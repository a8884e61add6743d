import { STATUS_CODES } from 'node:http'
import type { OriginExchange, OriginRequest, OriginResponseSink, OriginTarget } from '../edges/origin.ts'
import type { AcceptLocally, LocalOrigin } from '../edges/originSocket.ts'
import { HoldfastError } from '../errors.ts'
import { filterHeaders, getHeader, isBodiless, type ResponseHead } from '../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../util/hopByHop.ts'
import { fetchRequest, wireHeaders } from './fetchRequest.ts'
import { LocalOpening } from './localOpening.ts'

/** An origin as a function of the Fetch standard: what Hono, Remix and others have as `app.fetch`. */
export type FetchFunction = (request: Request) => Response | Promise<Response>

/** The functions that answer, and how long they may take. */
export interface FetchOriginOptions {
  readonly fetch: FetchFunction
  /** How WebSockets are accepted. */
  readonly accept: AcceptLocally
  /** How long the function may take to answer. */
  readonly timeoutMs: number
}

/** Makes an origin of a function; bodies go both ways as they come. */
export function createFetchOrigin({ fetch, accept, timeoutMs }: FetchOriginOptions): LocalOrigin {
  return {
    request(_target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange {
      const exchange = new FetchExchange(sink)
      setImmediate(() => void exchange.run(fetch, request, timeoutMs))
      return exchange
    },
    openSocket(_target, request, sink) {
      const opening = new LocalOpening(request, sink)
      void opening.begin(accept)
      return opening
    },
    close: async () => {},
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

/**
 * One request to such an origin. Nothing is told before `request` has returned.
 *
 *     asking --Response--> answering <--room again, full--> paused
 *     answering --end of the body--> done          any --failed, timeout, aborted--> done
 */
class FetchExchange implements OriginExchange {
  readonly #sink: OriginResponseSink
  readonly #aborting = new AbortController()
  #state: 'asking' | 'answering' | 'paused' | 'done' = 'asking'
  #reader: Reader | undefined
  #onRoom: () => void = () => {}
  #timer: NodeJS.Timeout | undefined

  constructor(sink: OriginResponseSink) {
    this.#sink = sink
  }

  async run(fetch: FetchFunction, request: OriginRequest, timeoutMs: number): Promise<void> {
    if (this.#isOver()) return
    this.#timer = setTimeout(() => this.#onTimeout(timeoutMs), timeoutMs)
    try {
      const response = await fetch(fetchRequest(request, this.#aborting.signal))
      clearTimeout(this.#timer)
      await this.#answer(checked(response), request.method)
    } catch (cause) {
      const what = this.#state === 'asking' ? 'it threw an error' : 'its body broke off'
      this.#fail(
        new HoldfastError('ORIGIN_BROKEN', `origin function: ${what}: ${messageOf(cause)}`, { cause }),
      )
    }
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'answering'
    this.#onRoom()
  }

  abort(): void {
    this.#leave(new Error('the client has left'))
  }

  async #answer(response: Response, method: string): Promise<void> {
    if (this.#isOver()) {
      await response.body?.cancel()
      return
    }
    this.#state = 'answering'
    this.#reader = response.body?.getReader() as Reader | undefined
    this.#sink.onHead(headOf(response))
    if (method === 'HEAD') await this.#reader?.cancel()
    else await this.#relay()
    if (this.#isOver()) return
    this.#state = 'done'
    this.#sink.onEnd()
  }

  async #relay(): Promise<void> {
    while (this.#reader !== undefined && !this.#isOver()) {
      const { done, value } = await this.#reader.read()
      if (done || this.#isOver()) return
      const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (chunk.length > 0 && !this.#sink.onData(chunk)) await this.#room()
    }
  }

  /** The sink may have made room, or given up, while it was told. */
  #room(): Promise<void> | undefined {
    if (this.#isOver()) return undefined
    this.#state = 'paused'
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  #onTimeout(timeoutMs: number): void {
    const text = `origin function: no answer within ${timeoutMs / 1000} s`
    this.#fail(new HoldfastError('ORIGIN_TIMEOUT', text))
  }

  #fail(error: HoldfastError): void {
    if (this.#isOver()) return
    this.#leave(error)
    this.#sink.onError(error)
  }

  /** The function learns by its request's signal that nobody waits any more. */
  #leave(reason: Error): void {
    if (this.#isOver()) return
    this.#state = 'done'
    clearTimeout(this.#timer)
    this.#onRoom()
    this.#aborting.abort(reason)
    // A body that cannot be cancelled has failed already.
    this.#reader?.cancel(reason).catch(() => {})
  }

  #isOver(): boolean {
    return this.#state === 'done'
  }
}

function checked(response: Response): Response {
  if (typeof response?.status === 'number' && typeof response.headers?.forEach === 'function') return response
  throw new TypeError('it must answer a Response')
}

function headOf({ status, statusText, headers, body }: Response): ResponseHead {
  const fields = wireHeaders(headers)
  const nominated = nominatedByConnection(fields)
  const kept = filterHeaders(fields, (name) => !isHopByHop(name, nominated))
  const isSized = body !== null || isBodiless(status)
  const framing = isSized || getHeader(kept, 'content-length') !== undefined ? [] : ['Content-Length', '0']
  return { status, reason: statusText || (STATUS_CODES[status] ?? ''), headers: [...kept, ...framing] }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
