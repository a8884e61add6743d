import { constants, type ServerHttp2Stream } from 'node:http2'
import { PassThrough, type Readable } from 'node:stream'
import type { ClientRequest, ClientResponse, ClientStream } from '../../edges/client.ts'
import type { RawHeaders, ResponseHead } from '../../util/headers.ts'
import { bodyTooLarge } from '../bodyLimit.ts'
import { type BodyBounds, MAX_INFORMATIONAL } from '../httpExchange.ts'
import type { Http2Head } from './http2Head.ts'
import { Http2HeldStream } from './http2HeldStream.ts'
import { resetStream } from './resetStream.ts'
import { endStream, refuseStream, respond, whenWritten } from './respond.ts'
import { responseFields } from './responseFields.ts'

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants

/** Set on a stream, so that one set of listener functions serves all. */
const exchangeOf = Symbol('exchange')

interface ExchangeStream extends ServerHttp2Stream {
  [exchangeOf]?: Http2Exchange | undefined
}

/**
 * One request with its answer on a stream of an HTTP/2 connection.
 *
 *     waiting --head--> answering --end--> done
 *     waiting --holdStream--> done         any --abort, client gone--> done
 */
export class Http2Exchange implements ClientRequest, ClientResponse {
  readonly httpVersion = '2'
  readonly method: string
  readonly target: string
  readonly secure: boolean
  readonly authority: string
  readonly headers: RawHeaders
  readonly bodyLength: number | undefined
  readonly peerAddress: string
  onClose: (() => void) | undefined
  onDrain: (() => void) | undefined
  readonly #stream: ServerHttp2Stream
  readonly #hasBody: boolean
  #awaitsContinue: boolean
  #body: Readable | undefined
  #informationalCount = 0
  #maxBodyBytes: number | undefined
  #state: 'waiting' | 'answering' | 'done' = 'waiting'

  constructor(
    head: Http2Head,
    connection: { stream: ServerHttp2Stream; secure: boolean; peerAddress: string },
  ) {
    this.method = head.method
    this.target = head.target
    this.secure = connection.secure
    this.authority = head.authority
    this.headers = head.headers
    this.bodyLength = head.bodyLength
    this.peerAddress = connection.peerAddress
    this.#hasBody = head.hasBody
    this.#awaitsContinue = head.expectsContinue
    const stream = connection.stream as ExchangeStream
    this.#stream = stream
    stream[exchangeOf] = this
    stream.on('close', onStreamClose)
  }

  /** Reading it is what asks a client that sent `Expect: 100-continue` for the body. RFC 9110 §10.1.1. */
  get body(): Readable | undefined {
    if (!this.#hasBody) return undefined
    if (this.#awaitsContinue && !this.started) {
      this.#awaitsContinue = false
      this.#stream.additionalHeaders({ ':status': 100 })
    }
    this.#body ??= bodyOf(this.#stream, { maxBytes: this.#maxBodyBytes, onExcess: () => this.#refuseBody() })
    return this.#body
  }

  get started(): boolean {
    return this.#stream.headersSent
  }

  /** Ends the exchange when the client stops sending its body, or sends too much. */
  watchBody({ idleMs, maxBytes }: BodyBounds): void {
    if (!this.#hasBody) return
    this.#maxBodyBytes = maxBytes
    const stream = this.#stream
    stream.setTimeout(idleMs, () => {
      // An answer that is on its way slowly, or an origin that has not answered yet, is not the client's doing.
      if (stream.readableEnded || this.#awaitsContinue || stream.readableLength > 0) return
      if (this.started) resetStream(stream, NGHTTP2_INTERNAL_ERROR)
      else refuseStream(stream, { status: 408, text: 'Request body was not complete in time.' })
    })
    stream.once('end', () => stream.setTimeout(0))
  }

  #refuseBody(): void {
    if (this.started) resetStream(this.#stream, NGHTTP2_INTERNAL_ERROR)
    else refuseStream(this.#stream, { status: 413, text: bodyTooLarge(this.#maxBodyBytes ?? 0) })
  }

  informational(head: ResponseHead): void {
    if (this.started || this.#stream.destroyed) return
    if (++this.#informationalCount > MAX_INFORMATIONAL) return
    this.#stream.additionalHeaders(responseFields(head.status, head.headers))
  }

  head(head: ResponseHead): void {
    this.#state = 'answering'
    respond(this.#stream, head.status, head.headers)
  }

  write(chunk: Buffer): boolean {
    const stream = this.#stream
    // HEAD, 204 and 304 are ended by `respond`.
    if (stream.writableEnded || stream.destroyed) return true
    const goesOn = stream.write(chunk)
    if (!goesOn && stream.listenerCount('drain') === 0) stream.once('drain', onStreamDrain)
    return goesOn
  }

  end(chunk?: Buffer): void {
    if (this.#state === 'done') return
    this.#finish()
    const stream = this.#stream
    if (!stream.writableEnded && !stream.destroyed) {
      endStream(stream, chunk)
    }
    // The rest of a body that the answer did not wait for is not wanted. RFC 9113 §8.1.
    if (this.#hasBody && !stream.readableEnded) whenWritten(stream, () => stream.close(NGHTTP2_NO_ERROR))
  }

  /** Connections carry many requests here: what one of them asks for ends none. */
  closeAfter(): void {}

  abort(): void {
    this.#finish()
    resetStream(this.#stream, NGHTTP2_INTERNAL_ERROR)
  }

  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    const stream = this.#stream as ExchangeStream
    this.#finish()
    stream[exchangeOf] = undefined
    stream.removeListener('close', onStreamClose)
    stream.setTimeout(0)
    const held = new Http2HeldStream(stream, this.peerAddress)
    respond(stream, head.status, head.headers)
    if (initialBody.length > 0) held.write(initialBody)
    return held
  }

  /** The stream is gone. */
  closed(): void {
    if (this.#state === 'done') return
    const { onClose } = this
    this.#finish()
    onClose?.()
  }

  drained(): void {
    this.onDrain?.()
  }

  #finish(): void {
    this.#state = 'done'
    this.onClose = undefined
  }
}

/**
 * The body alone: who has read it destroys it, which must not take the answer's half of the stream along. A stream that
 * ends before its body does breaks it.
 */
function bodyOf(
  stream: ServerHttp2Stream,
  { maxBytes = Number.POSITIVE_INFINITY, onExcess }: { maxBytes: number | undefined; onExcess: () => void },
): Readable {
  const body = new PassThrough()
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) return
    stream.unpipe(body)
    onExcess()
  })
  stream.pipe(body)
  stream.once('close', () => {
    if (!stream.readableEnded) body.destroy(new Error('the client ended the request'))
  })
  return body
}

function onStreamClose(this: ExchangeStream): void {
  this[exchangeOf]?.closed()
}

function onStreamDrain(this: ExchangeStream): void {
  this[exchangeOf]?.drained()
}
