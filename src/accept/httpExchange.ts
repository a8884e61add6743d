import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientRequest, ClientResponse, ClientStream } from '../edges/client.ts'
import type { RawHeaders, ResponseHead } from '../util/headers.ts'
import { bodyTooLarge, limitBody } from './bodyLimit.ts'
import { BodyWatch } from './bodyWatch.ts'
import { breakConnection } from './breakConnection.ts'
import { detachSocket } from './detachSocket.ts'
import { answerAndClose } from './earlyError.ts'
import { HeldStream } from './heldStream.ts'
import { lingerAfterAnswer } from './lingeringClose.ts'
import type { RequestHead } from './requestHead.ts'

/**
 * 1xx responses to one request; like those that the client does not keep up with, further ones are dropped, which
 * RFC 9110 §15.2 leaves to a proxy. An origin could fill the memory with them.
 */
export const MAX_INFORMATIONAL = 100

/** Set on a ServerResponse, so that one listener function serves all of them. */
const exchangeOf = Symbol('exchange')

interface ExchangeResponse extends ServerResponse {
  [exchangeOf]?: HttpExchange
}

/** Told when an exchange no longer needs its connection's turn. */
export interface ExchangeOwner {
  /** The answer is complete: the next pipelined request may begin. */
  onExchangeDone(socket: Socket): void
  /** The answer is complete and ends the connection: what was sent after it is not processed. RFC 9112 §9.6. */
  onLastExchangeDone(socket: Socket): void
  /** The exchange has taken the connection over: nothing of it may be kept, and no request follows. */
  onExchangeDetached(socket: Socket): void
}

/** What a client may do with a body that it owes. */
export interface BodyBounds {
  /** How long it may send nothing. */
  readonly idleMs: number
  /** Undefined: as much as it likes. */
  readonly maxBytes?: number | undefined
}

/** One HTTP/1.x request with its answer, on `node:http`. */
export class HttpExchange implements ClientRequest, ClientResponse {
  readonly method: string
  readonly target: string
  readonly httpVersion: '1.0' | '1.1'
  readonly secure: boolean
  readonly authority: string
  readonly headers: RawHeaders
  readonly bodyLength: number | undefined
  readonly hasBody: boolean
  onClose: (() => void) | undefined
  onDrain: (() => void) | undefined
  /** The request as `node:http` parsed it, for the passthrough of `no_grip` routes. */
  readonly incoming: IncomingMessage
  /** The answer as `node:http` writes it, for the passthrough of `no_grip` routes. */
  readonly outgoing: ServerResponse
  readonly #owner: ExchangeOwner
  #awaitsContinue: boolean
  #informationalCount = 0
  #bodyWatch: BodyWatch | undefined
  #isDone = false

  constructor(
    head: RequestHead,
    connection: {
      incoming: IncomingMessage
      outgoing: ServerResponse
      owner: ExchangeOwner
      secure: boolean
    },
  ) {
    const { incoming, outgoing } = connection
    this.method = incoming.method as string
    this.target = head.target
    this.httpVersion = incoming.httpVersionMinor === 0 ? '1.0' : '1.1'
    this.secure = connection.secure
    this.authority = head.authority
    this.headers = incoming.rawHeaders
    this.bodyLength = head.bodyLength
    this.hasBody = head.hasBody
    this.#awaitsContinue = head.expectsContinue
    this.incoming = incoming
    this.outgoing = outgoing
    this.#owner = connection.owner
    const response = outgoing as ExchangeResponse
    response[exchangeOf] = this
    response.sendDate = false
    response.on('close', onResponseClose)
  }

  /** Asked of the operating system at the first look, which most requests never take. */
  get peerAddress(): string {
    return this.incoming.socket.remoteAddress ?? ''
  }

  /** Reading it is what asks a client that sent `Expect: 100-continue` for the body. RFC 9110 §10.1.1. */
  get body(): IncomingMessage | undefined {
    if (!this.hasBody) return undefined
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      this.outgoing.writeContinue()
    }
    return this.incoming
  }

  /** Ends the exchange when the client stops sending its body, or sends too much. */
  watchBody({ idleMs, maxBytes }: BodyBounds): void {
    if (!this.hasBody) return
    this.#watchIdle(idleMs)
    if (maxBytes === undefined) return
    limitBody(this.incoming, maxBytes, () => this.#breakOff('413 Content Too Large', bodyTooLarge(maxBytes)))
  }

  #watchIdle(idleMs: number): void {
    this.#bodyWatch = new BodyWatch(this.incoming, idleMs, () => this.#bodyIdle(idleMs))
  }

  #bodyIdle(idleMs: number): void {
    // Until it is asked for, a client that expects 100 owes nothing.
    if (this.#awaitsContinue) this.#watchIdle(idleMs)
    else this.#breakOff('408 Request Timeout', 'Request body was not complete in time.')
  }

  #breakOff(status: string, text: string): void {
    if (this.started) breakConnection(this.incoming.socket)
    else answerAndClose(this.incoming.socket, status, text)
  }

  get started(): boolean {
    return this.outgoing.headersSent
  }

  informational(head: ResponseHead): void {
    const { headersSent, socket } = this.outgoing
    if (this.httpVersion === '1.0' || headersSent || socket === null || socket.writableLength > 0) return
    if (++this.#informationalCount > MAX_INFORMATIONAL) return
    socket.write(`${encodeHead('HTTP/1.1', head)}\r\n`, 'latin1')
  }

  head(head: ResponseHead): void {
    // A body that the client has yet to send would be read as its next request.
    if (this.hasBody && !this.incoming.complete) {
      this.closeAfter()
      lingerAfterAnswer(this.incoming)
    }
    this.outgoing.writeHead(head.status, head.reason, head.headers as string[])
  }

  write(chunk: Buffer): boolean {
    const { outgoing } = this
    const goesOn = outgoing.write(chunk)
    if (!goesOn && outgoing.listenerCount('drain') === 0) outgoing.once('drain', onResponseDrain)
    return goesOn
  }

  end(chunk?: Buffer): void {
    if (this.#isDone) return
    this.#isDone = true
    if (chunk === undefined) this.outgoing.end()
    else this.outgoing.end(chunk)
    this.#finish()
  }

  closeAfter(): void {
    this.outgoing.shouldKeepAlive = false
  }

  abort(): void {
    this.#isDone = true
    this.onClose = undefined
    breakConnection(this.incoming.socket)
  }

  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    const framing = this.httpVersion === '1.1' ? 'chunked' : 'raw'
    const stream = new HeldStream(this.detach(), framing)
    stream.begin(encodeHead('HTTP/1.1', head), initialBody)
    return stream
  }

  /** Gives up the answer and returns the connection, of which `node:http` knows no more. */
  detach(): Socket {
    this.#isDone = true
    this.#bodyWatch?.stop()
    this.onClose = undefined
    this.outgoing.removeListener('close', onResponseClose)
    const socket = detachSocket(this.incoming, this.outgoing)
    this.#owner.onExchangeDetached(socket)
    return socket
  }

  /** The passthrough has answered the request through `outgoing`. */
  finishPassthrough(): void {
    this.#isDone = true
    this.#finish()
  }

  #finish(): void {
    this.onClose = undefined
    this.#bodyWatch?.stop()
    const { socket } = this.incoming
    if (this.hasBody && !this.incoming.complete) this.incoming.resume()
    if (this.outgoing.shouldKeepAlive) this.#owner.onExchangeDone(socket)
    else this.#owner.onLastExchangeDone(socket)
  }

  /** The connection closed. */
  closed(): void {
    this.#bodyWatch?.stop()
    if (this.#isDone) return
    this.#isDone = true
    const { onClose } = this
    this.onClose = undefined
    onClose?.()
  }
}

/** Status line and fields, each ended by CRLF, without the empty line. */
function encodeHead(version: string, head: ResponseHead): string {
  let text = `${version} ${head.status} ${head.reason}\r\n`
  for (let i = 0; i < head.headers.length; i += 2) text += `${head.headers[i]}: ${head.headers[i + 1]}\r\n`
  return text
}

function onResponseClose(this: ExchangeResponse): void {
  this[exchangeOf]?.closed()
}

function onResponseDrain(this: ExchangeResponse): void {
  this[exchangeOf]?.onDrain?.()
}
