import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { OriginTarget } from '../../edges/origin.ts'
import type { PassthroughJob, PassthroughTarget } from '../../edges/passthrough.ts'
import { type ErrorCode, HoldfastError } from '../../errors.ts'
import { hostField } from '../../util/hostField.ts'
import { originPlaceName } from '../../util/originPlace.ts'
import { originError } from '../originError.ts'
import { connectTarget, targetOptions } from '../targetConnection.ts'
import { answerUpgradeFailure, failureStatus } from './failure.ts'
import type { PassthroughContext } from './passthroughContext.ts'
import { proxyOptions, withoutDeprecationWarning } from './proxyCall.ts'
import { OneSocketAgent } from './targetAgents.ts'
import { breakSocket, endSocket, watchForEnd } from './upgradedSocket.ts'
import { watchBody } from './watchBody.ts'
import { answerHeaders, encodeHead, fieldsByName } from './wireHeaders.ts'

/**
 * One upgrade request on its way through `http-proxy`. That ends the client's socket at the first error, so connections
 * to the targets are opened here, one after another, and it is given the one that stands.
 *
 *     connecting --refused--> connecting to the next target; after the last one: failed
 *     connecting --> sent --101--> joined --either side ends--> done
 *                    sent --another status--> refused: the answer is relayed --> done
 *                    sent --broken, silent--> failed
 */
export class UpgradeExchange {
  readonly #context: PassthroughContext
  readonly #request: IncomingMessage
  readonly #socket: Duplex
  readonly #firstBytes: Buffer
  readonly #job: PassthroughJob
  #state: 'connecting' | 'sent' | 'answered' | 'done' = 'connecting'
  #targetIndex = 0
  #status: number | undefined
  #originSocket: Socket | undefined
  #deadline: NodeJS.Timeout | undefined
  #stopWatching: () => void = () => {}

  constructor(
    context: PassthroughContext,
    client: { request: IncomingMessage; socket: Duplex; firstBytes: Buffer },
    job: PassthroughJob,
  ) {
    this.#context = context
    this.#request = client.request
    this.#socket = client.socket
    this.#firstBytes = client.firstBytes
    this.#job = job
  }

  begin(): void {
    // 'close' follows.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#onClientClose())
    this.#stopWatching = watchForEnd(this.#socket)
    this.#try()
  }

  #try(): void {
    const target = this.#target
    if (target === undefined) {
      this.#fail(new HoldfastError('ORIGIN_UNREACHABLE', 'the route has no target'))
      return
    }
    try {
      const { originTimeoutMs } = this.#context
      const options = targetOptions(target, hostField(target, this.#job.authority))
      this.#originSocket = connectTarget(target, { options, originTimeoutMs }, (error) => {
        if (this.#state !== 'connecting') return
        if (error === undefined) this.#send(target)
        else this.#onRefused(originError('ORIGIN_UNREACHABLE', target, error))
      })
    } catch (error) {
      this.#fail(originError('ORIGIN_BROKEN', target, error as Error))
    }
  }

  #onRefused(error: HoldfastError): void {
    const hasNext = this.#targetIndex + 1 < this.#job.targets.length
    if (error.code === 'ORIGIN_DENIED' || !hasNext) {
      this.#fail(error)
      return
    }
    this.#context.log.debug(`passthrough: ${error.message}; trying the next target`)
    this.#targetIndex++
    this.#try()
  }

  #send(target: PassthroughTarget): void {
    this.#state = 'sent'
    const { proxy, originTimeoutMs } = this.#context
    this.#deadline = setTimeout(() => {
      this.#break('ORIGIN_TIMEOUT', new Error(`no answer in ${originTimeoutMs / 1000} s`))
    }, originTimeoutMs)
    const { path, headers } = this.#job
    const authority = hostField(target, this.#job.authority)
    const wire = { path, headers: ['Host', authority, ...headers] }
    const call = {
      // The connection stands, TLS included.
      ...proxyOptions(wire, { options: { poolKey: '' }, tls: false }),
      agent: new OneSocketAgent(this.#originSocket as Socket),
      [ON_REQUEST]: (outgoing: ClientRequest) => this.#watch(outgoing),
    }
    withoutDeprecationWarning(() => {
      proxy.ws(this.#request, this.#socket, this.#firstBytes, call, (error) =>
        this.#break('ORIGIN_BROKEN', error),
      )
    })
  }

  /** Called before `http-proxy` listens to the request. */
  #watch(outgoing: ClientRequest): void {
    outgoing.on('upgrade', (incoming, originSocket) => this.#onJoined(incoming, originSocket))
    queueMicrotask(() => {
      // It would write the head of a chunked answer, and the body without its chunks.
      outgoing.removeAllListeners('response')
      outgoing.on('response', (incoming) => this.#onRefusal(incoming))
    })
  }

  #onRefusal(incoming: IncomingMessage): void {
    if (this.#state !== 'sent') return
    this.#answer(incoming)
    const status = incoming.statusCode as number
    const headers = [...answerHeaders(status, incoming.rawHeaders), 'Connection', 'close']
    this.#socket.write(`${encodeHead(`HTTP/1.1 ${status} ${incoming.statusMessage}`, headers)}\r\n`, 'latin1')
    watchBody(incoming, () => breakSocket(this.#socket))
    incoming.on('end', () => endSocket(this.#socket))
    incoming.pipe(this.#socket, { end: false })
  }

  /** `http-proxy` writes the head and joins the sockets, but lets one live on when the other breaks. */
  #onJoined(incoming: IncomingMessage, originSocket: Duplex): void {
    if (this.#state !== 'sent') return
    this.#answer(incoming)
    this.#stopWatching()
    incoming.headers = fieldsByName(incoming.rawHeaders)
    originSocket.on('close', () => {
      if ((originSocket as Socket).errored) breakSocket(this.#socket)
      else endSocket(this.#socket)
    })
  }

  #answer(incoming: IncomingMessage): void {
    this.#state = 'answered'
    this.#status = incoming.statusCode as number
    clearTimeout(this.#deadline)
  }

  #break(code: ErrorCode, cause: Error): void {
    if (this.#state === 'sent') this.#fail(originError(code, this.#target as OriginTarget, cause))
  }

  #fail(error: HoldfastError): void {
    this.#state = 'done'
    clearTimeout(this.#deadline)
    this.#originSocket?.destroy()
    const status = failureStatus(error)
    const { debug } = this.#job
    const bodyBytes = this.#socket.destroyed ? 0 : answerUpgradeFailure(this.#socket, error, debug)
    this.#job.onDone({ ...this.#outcome, status, bodyBytes, error })
  }

  #onClientClose(): void {
    clearTimeout(this.#deadline)
    this.#originSocket?.destroy()
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#job.onDone(this.#outcome)
  }

  get #target(): PassthroughTarget | undefined {
    return this.#job.targets[this.#targetIndex]
  }

  get #outcome(): { status?: number; target?: string } {
    return {
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(this.#target === undefined ? {} : { target: originPlaceName(this.#target) }),
    }
  }
}

/** An option of ours beside those of `http-proxy`, which hands them all to its `proxyReqWs` event. */
export const ON_REQUEST = 'holdfastOnRequest'
