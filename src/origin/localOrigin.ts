import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { OriginExchange, OriginRequest, OriginResponseSink, OriginTarget } from '../edges/origin.ts'
import type { AcceptLocally, LocalOrigin } from '../edges/originSocket.ts'
import { HoldfastError } from '../errors.ts'
import { getHeader, isBodiless, type ResponseHead } from '../util/headers.ts'
import { type AnswerLocally, type LocalAnswer, plainAnswer } from '../util/localAnswer.ts'
import { LocalOpening } from './localOpening.ts'

/** Bytes of a request body that a local origin takes. Pushpin: its test origin. */
const MAX_BODY_BYTES = 100_000

const TOO_LARGE = plainAnswer(400, 'request too large\n')

/**
 * Makes an origin of a function. The target that it is asked for does not matter. Without `accept` it knows nothing of WebSockets,
 * and a handshake is the GET to it that it would be to any HTTP server.
 */
export function createLocalOrigin(answer: AnswerLocally, accept: AcceptLocally = answer): LocalOrigin {
  return {
    request(_target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange {
      const exchange = new LocalExchange(answer, request, sink)
      exchange.begin()
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

/**
 * One request to a local origin. Nothing is told before `request` has returned.
 *
 *     receiving --body complete--> answering --head, body--> done
 *               --too large--> answering       any --failed, aborted--> done
 */
class LocalExchange implements OriginExchange {
  readonly #answer: AnswerLocally
  readonly #request: OriginRequest
  readonly #sink: OriginResponseSink
  #state: 'receiving' | 'answering' | 'paused' | 'done' = 'receiving'
  #chunks: Buffer[] = []
  #size = 0

  constructor(answer: AnswerLocally, request: OriginRequest, sink: OriginResponseSink) {
    this.#answer = answer
    this.#request = request
    this.#sink = sink
  }

  begin(): void {
    const { body } = this.#request
    if (body === undefined || Buffer.isBuffer(body))
      setImmediate(() => this.#received(body ?? Buffer.alloc(0)))
    else this.#receive(body)
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'answering'
    setImmediate(() => this.#end())
  }

  abort(): void {
    this.#state = 'done'
  }

  #receive(body: Readable): void {
    // What comes after the end of the exchange is read too, and dropped: the client may be sending it.
    body.on('data', (chunk: Buffer) => this.#take(chunk))
    body.on('end', () => this.#received(Buffer.concat(this.#chunks)))
    body.on('error', (error) => this.#fail('the request broke off', error))
  }

  #take(chunk: Buffer): void {
    if (this.#state !== 'receiving') return
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > MAX_BODY_BYTES) this.#tell(TOO_LARGE)
  }

  #received(body: Buffer): void {
    if (this.#state !== 'receiving') return
    if (body.length > MAX_BODY_BYTES) this.#tell(TOO_LARGE)
    else void this.#ask(body)
  }

  async #ask(body: Buffer): Promise<void> {
    const { method, path, authority, headers } = this.#request
    let answer: LocalAnswer
    try {
      answer = await this.#answer({ method, path, authority, headers, body })
    } catch (error) {
      this.#fail('it threw an error', error)
      return
    }
    this.#tell(answer)
  }

  #tell(answer: LocalAnswer): void {
    if (this.#state !== 'receiving') return
    this.#state = 'answering'
    this.#chunks = []
    const body = Buffer.from(answer.body)
    this.#sink.onHead(headOf(answer, body.length))
    if (this.#isOver()) return
    const isRead = this.#request.method === 'HEAD' || body.length === 0 || this.#sink.onData(body)
    if (isRead) this.#end()
    else if (!this.#isOver()) this.#state = 'paused'
  }

  #end(): void {
    if (this.#state !== 'answering') return
    this.#state = 'done'
    this.#sink.onEnd()
  }

  /** The sink may abort while it is told something. */
  #isOver(): boolean {
    return this.#state === 'done'
  }

  #fail(what: string, cause: unknown): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#sink.onError(new HoldfastError('ORIGIN_BROKEN', `local origin: ${what}`, { cause }))
  }
}

function headOf(answer: LocalAnswer, length: number): ResponseHead {
  const { status, headers } = answer
  const isSized = isBodiless(status) || getHeader(headers, 'content-length') !== undefined
  const framing = isSized ? [] : ['Content-Length', String(length)]
  return { status, reason: STATUS_CODES[status] ?? '', headers: [...headers, ...framing] }
}
