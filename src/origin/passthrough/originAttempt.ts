import type { Agent, ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type Server from 'http-proxy'
import type { OriginTarget } from '../../edges/origin.ts'
import type { ErrorCode, HoldfastError } from '../../errors.ts'
import { originError } from '../originError.ts'
import { CONNECT_TIMEOUT_MS, type TargetOptions } from '../targetConnection.ts'
import { bodySource, proxyOptions, withoutDeprecationWarning } from './proxyCall.ts'
import type { BodyFraming } from './wireHeaders.ts'

/** RFC 9110 §15.2.2: passed on, 101 would make the client take what follows for another protocol. */
const UNASKED_UPGRADE = 'upgrade that was not asked for'

/** The request to be tried, and how long the origin may take to answer it. */
export interface AttemptRequest {
  readonly path: string
  /** Without framing. */
  readonly headers: readonly string[]
  readonly framing: BodyFraming
  readonly originTimeoutMs: number
}

/** Where an attempt is made, and on what kind of connection. */
export interface AttemptPlace {
  readonly target: OriginTarget
  readonly options: TargetOptions
  /** False for a connection that serves this request only. */
  readonly agent: Agent | false
}

/** Told what became of an attempt: `onInformational`*, then one of the others, once. */
export interface AttemptOwner {
  /** The body has been taken from now on. */
  onBodyWanted(): void
  onInformational(event: InformationEvent): void
  /** Called before `http-proxy` sees the answer; it then pipes its body to the client. */
  onAnswer(incoming: IncomingMessage): void
  onAttemptFailed(error: HoldfastError, how: { connected: boolean; stale: boolean }): void
}

/** One try to send a request to one target with `http-proxy`. */
export class OriginAttempt {
  readonly #owner: AttemptOwner
  readonly #place: AttemptPlace
  readonly #request: AttemptRequest
  #state: 'connecting' | 'sent' | 'over' = 'connecting'
  #client: IncomingMessage | undefined
  #outgoing: ClientRequest | undefined
  #deadline: NodeJS.Timeout

  constructor(owner: AttemptOwner, place: AttemptPlace, request: AttemptRequest) {
    this.#owner = owner
    this.#place = place
    this.#request = request
    const limitMs = Math.min(CONNECT_TIMEOUT_MS, request.originTimeoutMs)
    this.#deadline = setTimeout(
      () => this.#fail('ORIGIN_UNREACHABLE', new Error('connect timed out')),
      limitMs,
    )
  }

  /** Throws where Node refuses to send such a request. */
  begin(proxy: Server, client: { request: IncomingMessage; response: ServerResponse }): void {
    this.#client = client.request
    const { path, headers, framing } = this.#request
    const { target, options, agent } = this.#place
    const call = {
      ...proxyOptions({ path, headers: [...headers, ...framing.headers] }, { options, tls: target.tls }),
      agent,
      buffer: bodySource((outgoing) => this.#take(outgoing)),
    }
    withoutDeprecationWarning(() => {
      proxy.web(client.request, client.response, call, (error) => this.#onError(error))
    })
  }

  /** Ends the request to the origin, and its connection unless the answer was complete. */
  abort(): void {
    this.#end()
    this.#outgoing?.destroy()
  }

  #take(outgoing: ClientRequest): void {
    this.#outgoing = outgoing
    outgoing.on('socket', (socket) => {
      if (outgoing.reusedSocket) this.#onConnected()
      else whenConnected(socket, this.#place.target, () => this.#onConnected())
    })
    outgoing.on('information', (event) => this.#owner.onInformational(event))
    outgoing.on('response', (incoming) => {
      if (incoming.statusCode === 101) {
        this.#fail('ORIGIN_BROKEN', new Error(UNASKED_UPGRADE))
        return
      }
      this.#end()
      this.#owner.onAnswer(incoming)
    })
    // Nobody has asked for it. Node breaks the connection by itself, but says nothing.
    outgoing.on('upgrade', () => this.#fail('ORIGIN_BROKEN', new Error(UNASKED_UPGRADE)))
    if (!this.#request.framing.hasBody) outgoing.end()
  }

  #onConnected(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'sent'
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#onSilence(), this.#request.originTimeoutMs)
    if (this.#request.framing.hasBody) this.#sendBody()
  }

  #sendBody(): void {
    this.#owner.onBodyWanted()
    this.#client?.on('data', () => this.#deadline.refresh())
    if (this.#outgoing === undefined) return
    this.#client?.pipe(this.#outgoing)
    this.#outgoing.flushHeaders()
  }

  /** A client that pauses in its body is not the origin's fault; one that the origin does not read from is. */
  #onSilence(): void {
    const isClientsTurn =
      this.#request.framing.hasBody &&
      this.#client?.complete === false &&
      this.#outgoing?.writableNeedDrain === false
    if (isClientsTurn) this.#deadline.refresh()
    else this.#fail('ORIGIN_TIMEOUT', new Error(`no answer in ${this.#request.originTimeoutMs / 1000} s`))
  }

  /** `http-proxy` reports the errors of both sides. */
  #onError(error: Error): void {
    if (this.#client?.errored) return
    this.#fail(this.#state === 'connecting' ? 'ORIGIN_UNREACHABLE' : 'ORIGIN_BROKEN', error)
  }

  #fail(code: ErrorCode, cause: Error): void {
    if (this.#state === 'over') return
    const connected = this.#state === 'sent'
    const stale = connected && code === 'ORIGIN_BROKEN' && this.#outgoing?.reusedSocket === true
    this.abort()
    this.#owner.onAttemptFailed(originError(code, this.#place.target, cause), { connected, stale })
  }

  #end(): void {
    this.#state = 'over'
    clearTimeout(this.#deadline)
  }
}

function whenConnected(socket: Socket, target: OriginTarget, callback: () => void): void {
  socket.once(target.tls ? 'secureConnect' : 'connect', callback)
}
