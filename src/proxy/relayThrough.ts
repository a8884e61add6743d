import type { ClientRequest, ClientResponse } from '../edges/client.ts'
import type { Origin, OriginExchange, OriginResponseSink } from '../edges/origin.ts'
import type { PassthroughJob, PassthroughTarget } from '../edges/passthrough.ts'
import { HoldfastError } from '../errors.ts'
import type { ResponseHead } from '../util/headers.ts'
import { hostField } from '../util/hostField.ts'
import { originPlaceName } from '../util/originPlace.ts'
import { originFailure, sendError } from './errorAnswer.ts'
import { endToEndHeaders } from './relayedBody.ts'

/**
 * Passes a request on and its answer back where that cannot be left to the package that does this for plain HTTP/1.x: on
 * other connections, and where the answer is opened to scripts of other sites.
 *
 *     trying --no connection, no body yet sent--> trying the next target; after the last one: failed
 *     trying --head--> answering --end--> done
 *     answering --broken--> the client's stream is broken
 *     trying, answering --the client leaves--> the request to the origin is given up
 */
export class RelayThrough implements OriginResponseSink {
  readonly #origin: Origin
  readonly #request: ClientRequest
  readonly #response: ClientResponse
  readonly #job: PassthroughJob
  #exchange: OriginExchange | undefined
  #targetIndex = 0
  #status: number | undefined
  #bodyBytes = 0

  constructor(
    origin: Origin,
    client: { readonly request: ClientRequest; readonly response: ClientResponse },
    job: PassthroughJob,
  ) {
    this.#origin = origin
    this.#request = client.request
    this.#response = client.response
    this.#job = job
  }

  start(): void {
    this.#response.onClose = () => {
      this.#exchange?.abort()
      this.#job.onDone(this.#outcome)
    }
    this.#response.onDrain = () => this.#exchange?.resume()
    this.#try()
  }

  onInformational(head: ResponseHead): void {
    this.#response.informational(head)
  }

  onHead(head: ResponseHead): void {
    this.#status = head.status
    this.#job.onAnswer?.(head.headers)
    this.#response.head({ ...head, headers: endToEndHeaders(head.headers) })
  }

  onData(chunk: Buffer): boolean {
    this.#bodyBytes += chunk.length
    return this.#response.write(chunk)
  }

  onEnd(): void {
    this.#response.end()
    this.#job.onDone(this.#outcome)
  }

  onError(error: HoldfastError): void {
    const { body } = this.#request
    const isUntouched = body === undefined || !body.readableDidRead
    if (error.code === 'ORIGIN_UNREACHABLE' && isUntouched && this.#hasNext) {
      this.#targetIndex++
      this.#try()
    } else if (this.#status === undefined) {
      this.#fail(error)
    } else {
      this.#response.abort()
      this.#job.onDone({ ...this.#outcome, error })
    }
  }

  get #target(): PassthroughTarget | undefined {
    return this.#job.targets[this.#targetIndex]
  }

  get #hasNext(): boolean {
    return this.#targetIndex + 1 < this.#job.targets.length
  }

  #try(): void {
    const target = this.#target
    if (target === undefined) {
      this.#fail(new HoldfastError('ORIGIN_UNREACHABLE', 'the route has no target'))
      return
    }
    const { path, headers, authority } = this.#job
    const { method, body, bodyLength } = this.#request
    const request = { method, path, headers, body, bodyLength, authority: hostField(target, authority) }
    this.#exchange = this.#origin.request(target, request, this)
  }

  #fail(error: HoldfastError): void {
    const answer = originFailure(error, this.#job.targets.map(originPlaceName))
    const bodyBytes = sendError(this.#response, answer, this.#job.debug)
    this.#job.onDone({ ...this.#outcome, status: answer.status, bodyBytes, error })
  }

  get #outcome(): { status?: number; target?: string; bodyBytes: number } {
    const target = this.#target
    return {
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(target === undefined ? {} : { target: originPlaceName(target) }),
      bodyBytes: this.#bodyBytes,
    }
  }
}
