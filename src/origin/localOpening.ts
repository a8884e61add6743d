import { STATUS_CODES } from 'node:http'
import type { OriginRequest } from '../edges/origin.ts'
import type {
  AcceptLocally,
  LocalAcceptance,
  OriginOpening,
  OriginSocketSink,
} from '../edges/originSocket.ts'
import { HoldfastError } from '../errors.ts'
import type { LocalAnswer } from '../util/localAnswer.ts'
import { createSocketPair } from './localSocket.ts'

const NO_BODY = Buffer.alloc(0)

/** One WebSocket handshake with an origin of this process. Nothing is told before `openSocket` has returned. */
export class LocalOpening implements OriginOpening {
  readonly #request: OriginRequest
  readonly #sink: OriginSocketSink
  #isAborted = false

  constructor(request: OriginRequest, sink: OriginSocketSink) {
    this.#request = request
    this.#sink = sink
  }

  async begin(accept: AcceptLocally): Promise<void> {
    const { method, path, authority, headers } = this.#request
    let answer: LocalAnswer | LocalAcceptance
    try {
      await undefined
      answer = await accept({ method, path, authority, headers, body: NO_BODY })
    } catch (cause) {
      const error = new HoldfastError('ORIGIN_BROKEN', 'local origin: it threw an error', { cause })
      if (!this.#isAborted) this.#sink.onError(error)
      return
    }
    if (!this.#isAborted) this.#tell(answer)
  }

  abort(): void {
    this.#isAborted = true
  }

  #tell(answer: LocalAnswer | LocalAcceptance): void {
    if (!('onOpen' in answer)) {
      const { status, headers, body } = answer
      this.#sink.onRefused({ status, reason: STATUS_CODES[status] ?? '', headers }, Buffer.from(body))
      return
    }
    const [origins, proxys] = createSocketPair()
    this.#sink.onOpen({ status: 101, reason: 'Switching Protocols', headers: answer.headers }, proxys)
    answer.onOpen(origins)
  }
}
