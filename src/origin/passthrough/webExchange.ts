import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http'
import type { OriginTarget } from '../../edges/origin.ts'
import type { PassthroughJob, PassthroughTarget } from '../../edges/passthrough.ts'
import { HoldfastError } from '../../errors.ts'
import { hostField } from '../../util/hostField.ts'
import { originPlaceName } from '../../util/originPlace.ts'
import { originError } from '../originError.ts'
import { targetOptions } from '../targetConnection.ts'
import { hasUnknownCoding, UNKNOWN_CODING } from '../transferCoding.ts'
import { answerFailure, failureStatus } from './failure.ts'
import { type AttemptOwner, OriginAttempt } from './originAttempt.ts'
import type { PassthroughContext } from './passthroughContext.ts'
import { watchBody } from './watchBody.ts'
import { answerHeaders, type BodyFraming, encodeHead, framingOf } from './wireHeaders.ts'

/** Methods whose request may be repeated when its connection breaks before an answer. RFC 9110 §9.2.2. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/**
 * One request on its way through `http-proxy`.
 *
 *     trying --no connection--> trying the next target; after the last one: failed
 *     trying --head--> answering --end--> done
 *     trying --broken, silent--> failed
 *     answering --broken--> the client's connection is broken
 *     any --the client leaves--> the request to the origin is ended
 */
export class WebExchange implements AttemptOwner {
  readonly #context: PassthroughContext
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #job: PassthroughJob
  readonly #framing: BodyFraming
  #state: 'trying' | 'answering' | 'done' = 'trying'
  #targetIndex = 0
  #attempt: OriginAttempt | undefined
  #bodyBytes = 0

  constructor(
    context: PassthroughContext,
    client: { request: IncomingMessage; response: ServerResponse },
    job: PassthroughJob,
  ) {
    this.#context = context
    this.#request = client.request
    this.#response = client.response
    this.#job = job
    this.#framing = framingOf(client.request)
  }

  begin(): void {
    this.#response.sendDate = false
    // `http-proxy` adds its listeners anew with every target.
    this.#request.setMaxListeners(0)
    // The fault of `http-proxy` 1.18: it does not notice that a client leaves once the request is received whole.
    this.#response.on('close', () => this.#onResponseClose())
    this.#try({ onFreshConnection: false })
  }

  onBodyWanted(): void {
    const { httpVersionMinor, headers } = this.#request
    if (httpVersionMinor > 0 && headers.expect?.toLowerCase() === '100-continue')
      this.#response.writeContinue()
  }

  /** RFC 9110 §15.2; `100` is between us and the origin, which we never ask for it. */
  onInformational(event: InformationEvent): void {
    if (event.statusCode === 100 || this.#request.httpVersionMinor === 0 || this.#state !== 'trying') return
    const head = encodeHead(`HTTP/1.1 ${event.statusCode} ${event.statusMessage}`, event.rawHeaders)
    this.#response.socket?.write(`${head}\r\n`, 'latin1')
  }

  onAnswer(incoming: IncomingMessage): void {
    const status = incoming.statusCode as number
    try {
      if (hasUnknownCoding(incoming.rawHeaders)) throw new Error(UNKNOWN_CODING)
      // A body that the client has yet to send would be read as its next request.
      if (!this.#request.complete) this.#response.shouldKeepAlive = false
      this.#response.writeHead(status, incoming.statusMessage, answerHeaders(status, incoming.rawHeaders))
    } catch (error) {
      this.#fail(originError('ORIGIN_BROKEN', this.#target as OriginTarget, error as Error))
      return
    }
    this.#state = 'answering'
    this.#job.onAnswer?.(incoming.rawHeaders)
    this.#relayBody(incoming)
  }

  onAttemptFailed(error: HoldfastError, how: { connected: boolean; stale: boolean }): void {
    if (this.#state === 'done') return
    const mayRepeat = !this.#framing.hasBody && IDEMPOTENT_METHODS.has(this.#request.method as string)
    if (how.stale && mayRepeat) {
      this.#try({ onFreshConnection: true })
    } else if (!how.connected && error.code !== 'ORIGIN_DENIED' && this.#hasNextTarget) {
      this.#context.log.debug(`passthrough: ${error.message}; trying the next target`)
      this.#targetIndex++
      this.#try({ onFreshConnection: false })
    } else {
      this.#fail(error)
    }
  }

  get #target(): PassthroughTarget | undefined {
    return this.#job.targets[this.#targetIndex]
  }

  get #hasNextTarget(): boolean {
    return this.#targetIndex + 1 < this.#job.targets.length
  }

  #try(how: { onFreshConnection: boolean }): void {
    const target = this.#target
    if (target === undefined) {
      this.#fail(new HoldfastError('ORIGIN_UNREACHABLE', 'the route has no target'))
      return
    }
    const { proxy, agents, originTimeoutMs } = this.#context
    const { path, headers } = this.#job
    const authority = hostField(target, this.#job.authority)
    try {
      const options = targetOptions(target, authority)
      const agent = how.onFreshConnection ? false : agents.for(target)
      const request = {
        path,
        headers: ['Host', authority, ...headers],
        framing: this.#framing,
        originTimeoutMs,
      }
      this.#attempt = new OriginAttempt(this, { target, options, agent }, request)
      this.#attempt.begin(proxy, { request: this.#request, response: this.#response })
    } catch (error) {
      this.#fail(originError('ORIGIN_BROKEN', target, error as Error))
    }
  }

  /** `http-proxy` pipes the body. It does not notice when that breaks off; we do. */
  #relayBody(incoming: IncomingMessage): void {
    incoming.on('data', (chunk: Buffer) => {
      this.#bodyBytes += chunk.length
    })
    watchBody(incoming, () => this.#breakAnswer())
    setImmediate(() => {
      // Node keeps the head back for the first bytes of the body, which may be long in coming.
      if (this.#state === 'answering' && this.#bodyBytes === 0) this.#response.flushHeaders()
    })
  }

  /** The client must not take what it has for the whole. Without framing only a reset says so. */
  #breakAnswer(): void {
    if (this.#state !== 'answering') return
    this.#state = 'done'
    const { socket } = this.#response
    const isFramed = this.#request.httpVersionMinor > 0
    if (isFramed || socket === null || 'encrypted' in socket) this.#response.destroy()
    else socket.resetAndDestroy()
    const error = new HoldfastError('ORIGIN_BROKEN', `origin ${this.#place}: the answer broke off`)
    this.#job.onDone({ ...this.#outcome, error })
  }

  #fail(error: HoldfastError): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#attempt?.abort()
    if (!this.#request.complete) this.#response.shouldKeepAlive = false
    const status = failureStatus(error)
    const isAnswered = this.#response.headersSent || this.#response.destroyed
    const bodyBytes = isAnswered ? 0 : answerFailure(this.#response, error, this.#job.debug)
    this.#request.resume()
    const target = this.#target === undefined ? {} : { target: this.#place }
    this.#job.onDone({ status, ...target, bodyBytes, error })
  }

  /** Comes after a complete answer too. */
  #onResponseClose(): void {
    if (this.#state === 'done') return
    const outcome = this.#outcome
    this.#state = 'done'
    this.#attempt?.abort()
    this.#job.onDone(outcome)
  }

  get #place(): string {
    return this.#target === undefined ? '' : originPlaceName(this.#target)
  }

  get #outcome(): { status?: number; target: string; bodyBytes: number } {
    const status = this.#response.headersSent ? { status: this.#response.statusCode } : {}
    return { ...status, target: this.#place, bodyBytes: this.#bodyBytes }
  }
}
