import type { ClientResponse } from '../../edges/client.ts'
import type { RawHeaders } from '../../util/headers.ts'
import { openHeaders, type SockJsAnswer, sendAnswer } from './answers.ts'
import type { ReceiveTransport } from './receiveTransports.ts'

/** Browsers keep the whole of a stream: after so many bytes the client opens another. SockJS 0.3.3: xhr_streaming. */
const MAX_STREAM_BYTES = 128 * 1024

/** Whom a receiver tells. */
export interface ReceiverOwner {
  /** The client has taken what it was given, and can be given more. */
  onReceiverDrain(): void
  /** The client broke the request off. */
  onReceiverGone(): void
}

/** How a client asks for frames. */
export interface ReceiveRequest {
  readonly transport: ReceiveTransport
  /** Name of the page's function; empty where the transport calls none. */
  readonly callback: string
  readonly headers: RawHeaders
}

/**
 * A client's request for frames, while it is not answered or its answer goes on.
 *
 *     waiting --give, poll--> done
 *     waiting --begin, stream--> ready --give--> ready, full or (MAX_STREAM_BYTES) done
 *                                full --drain--> ready
 *     any --client left--> done
 */
export class Receiver {
  owner: ReceiverOwner | undefined
  readonly #response: ClientResponse
  readonly #request: ReceiveRequest
  #state: 'waiting' | 'ready' | 'full' | 'done' = 'waiting'
  #sentBytes = 0
  #unsentBytes = 0

  constructor(response: ClientResponse, request: ReceiveRequest) {
    this.#response = response
    this.#request = request
    response.onClose = () => this.#gone()
  }

  get canTake(): boolean {
    return this.#state === 'waiting' || this.#state === 'ready'
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Bytes of frames that wait for the client to take them. */
  get unsentBytes(): number {
    return this.#unsentBytes
  }

  /** Begins the answer where it is a stream. */
  begin(): void {
    const { transport, callback } = this.#request
    if (transport.kind === 'poll' || this.#state !== 'waiting') return
    this.#state = 'ready'
    this.#response.onDrain = () => this.#drained()
    this.#response.head({ status: 200, reason: 'OK', headers: this.#headers() })
    this.#response.write(Buffer.from(transport.prelude(callback)))
  }

  /** Gives a frame; only to be called when it can be taken. */
  give(frame: Buffer): void {
    const { transport, callback } = this.#request
    const wire = transport.wrap(frame, callback)
    if (transport.kind === 'poll') this.#answer(wire)
    else this.#write(wire)
  }

  /** Gives the last frame. */
  giveLast(frame: Buffer): void {
    this.begin()
    this.give(frame)
    if (!this.isDone) this.#finish()
  }

  /** Answers something else than frames; where frames were given, the answer breaks off. */
  refuse(answer: SockJsAnswer): void {
    if (this.isDone) return
    const isStarted = this.#response.started
    this.#done()
    if (isStarted) this.#response.abort()
    else sendAnswer(this.#response, this.#request.headers, answer)
  }

  #answer(wire: Buffer): void {
    const headers = [...this.#headers(), 'Content-Length', String(wire.length)]
    this.#done()
    this.#response.head({ status: 200, reason: 'OK', headers })
    this.#response.end(wire)
  }

  #write(wire: Buffer): void {
    this.#sentBytes += wire.length
    const goesOn = this.#response.write(wire)
    if (this.#sentBytes >= MAX_STREAM_BYTES) this.#finish()
    else if (!goesOn) {
      this.#unsentBytes = wire.length
      this.#state = 'full'
    }
  }

  #drained(): void {
    if (this.#state !== 'full') return
    this.#state = 'ready'
    this.#unsentBytes = 0
    this.owner?.onReceiverDrain()
  }

  #finish(): void {
    this.#done()
    this.#response.end()
  }

  #gone(): void {
    if (this.isDone) return
    this.#done()
    this.owner?.onReceiverGone()
  }

  #done(): void {
    this.#state = 'done'
    this.#unsentBytes = 0
    this.#response.onClose = undefined
    this.#response.onDrain = undefined
  }

  /** `nosniff`: what calls a function whose name the client chose is not to be taken for anything else. */
  #headers(): string[] {
    const { transport, headers } = this.#request
    const own = ['Content-Type', transport.contentType]
    if (transport.hasCallback) own.push('X-Content-Type-Options', 'nosniff')
    return openHeaders(headers, own)
  }
}
