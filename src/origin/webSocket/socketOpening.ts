import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../edges/clock.ts'
import type { OriginRequest, OriginTarget } from '../../edges/origin.ts'
import type { OriginOpening, OriginSocketSink } from '../../edges/originSocket.ts'
import type { ErrorCode } from '../../errors.ts'
import type { ResponseHead } from '../../util/headers.ts'
import { originPlaceName } from '../../util/originPlace.ts'
import { originError } from '../originError.ts'
import { watchBody } from '../passthrough/watchBody.ts'
import { connectTarget, targetOptions } from '../targetConnection.ts'
import { agreedDeflate, freshKey, handshakeHeaders, isAccepted } from './handshake.ts'
import { WireSocket } from './wireSocket.ts'

/** What the openings of one SocketOrigin share. */
export interface OpeningContext {
  readonly clock: Clock
  /** For connecting, and again for the answer. */
  readonly responseTimeoutMs: number
  readonly maxRefusalBytes: number
  readonly maxMessageBytes: number
  readonly maxMessageFragments: number
  readonly offersDeflate: boolean
  /** Connections in use, to be broken when the origin is closed. */
  readonly connections: Set<Socket>
}

/** Header fields of an answer, in bytes. */
const MAX_HEADER_BYTES = 64 * 1024

/**
 * One WebSocket handshake with an origin.
 *
 *     connecting --> sent --101--> done: open
 *                    sent --another status--> refused --body complete--> done
 *     connecting, sent --no answer--> done: unreachable        refused --broken off, too large--> done: broken
 *     any --abort--> done: nothing is told
 */
export class SocketOpening implements OriginOpening {
  readonly #context: OpeningContext
  readonly #target: OriginTarget
  readonly #request: OriginRequest
  readonly #sink: OriginSocketSink
  readonly #key = freshKey()
  #state: 'connecting' | 'sent' | 'refused' | 'done' = 'connecting'
  #connection: Socket | undefined
  #deadline: Timer | undefined

  constructor(
    context: OpeningContext,
    handshake: { readonly target: OriginTarget; readonly request: OriginRequest },
    sink: OriginSocketSink,
  ) {
    this.#context = context
    this.#target = handshake.target
    this.#request = handshake.request
    this.#sink = sink
  }

  /** Begins; the sink hears of nothing before this has returned. */
  begin(): void {
    try {
      this.#connect()
    } catch (error) {
      queueMicrotask(() => this.#fail('ORIGIN_UNREACHABLE', error as Error))
    }
  }

  abort(): void {
    if (this.#state !== 'done') this.#finish()
  }

  #connect(): void {
    const options = targetOptions(this.#target, this.#request.authority)
    const originTimeoutMs = this.#context.responseTimeoutMs
    const connection = connectTarget(this.#target, { options, originTimeoutMs }, (error) => {
      if (this.#state !== 'connecting') return
      if (error === undefined) this.#send(connection)
      else this.#fail('ORIGIN_UNREACHABLE', error)
    })
    this.#connection = connection
    const { connections } = this.#context
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }

  #send(connection: Socket): void {
    this.#state = 'sent'
    const { clock, responseTimeoutMs, offersDeflate } = this.#context
    this.#deadline = clock.after(responseTimeoutMs, () => {
      this.#fail('ORIGIN_TIMEOUT', new Error(`no answer to the handshake in ${responseTimeoutMs / 1000} s`))
    })
    try {
      const outgoing = sendRequest({
        createConnection: () => connection,
        path: this.#request.path,
        headers: handshakeHeaders(this.#request, { key: this.#key, offersDeflate }),
        maxHeaderSize: MAX_HEADER_BYTES,
      })
      this.#listen(outgoing)
      outgoing.end()
    } catch (error) {
      // A field or a path that cannot be sent is not for this origin, and for no other either.
      this.#fail('ORIGIN_BROKEN', error as Error)
    }
  }

  #listen(outgoing: ClientRequest): void {
    outgoing.on('upgrade', (incoming, _socket, firstBytes) => this.#onSwitched(incoming, firstBytes))
    outgoing.on('response', (incoming) => this.#onRefused(incoming))
    outgoing.on('error', (error: Error & { readonly code?: string }) => {
      const hasAnswered = this.#state === 'refused' || error.code?.startsWith('HPE_') === true
      this.#fail(hasAnswered ? 'ORIGIN_BROKEN' : 'ORIGIN_UNREACHABLE', error)
    })
  }

  #onSwitched(incoming: IncomingMessage, firstBytes: Buffer): void {
    if (this.#state !== 'sent') return
    const head = headOf(incoming)
    let socket: WireSocket
    try {
      socket = this.#socketFor(head)
    } catch (error) {
      this.#fail('ORIGIN_BROKEN', error as Error)
      return
    }
    this.#connection?.unshift(firstBytes)
    this.#state = 'done'
    this.#deadline?.cancel()
    this.#sink.onOpen(head, socket)
  }

  #socketFor({ headers }: ResponseHead): WireSocket {
    if (!isAccepted(headers, this.#key)) throw new Error('its Sec-WebSocket-Accept is not for our key')
    const { clock, maxMessageBytes, maxMessageFragments, offersDeflate } = this.#context
    return new WireSocket(this.#connection as Socket, {
      clock,
      place: originPlaceName(this.#target),
      maxMessageBytes,
      maxMessageFragments,
      deflate: agreedDeflate(headers, { isOffered: offersDeflate, maxMessageBytes }),
    })
  }

  #onRefused(incoming: IncomingMessage): void {
    if (this.#state !== 'sent') {
      incoming.destroy()
      return
    }
    // Node joins no connection that the answer does not say is upgraded. RFC 6455 §4.1; Pushpin does not look.
    if (incoming.statusCode === 101) {
      this.#fail('ORIGIN_BROKEN', new Error('it answered 101 without Upgrade and Connection'))
      return
    }
    this.#state = 'refused'
    this.#collect(incoming)
  }

  #collect(incoming: IncomingMessage): void {
    const { maxRefusalBytes } = this.#context
    const chunks: Buffer[] = []
    let size = 0
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxRefusalBytes)
        this.#fail('ORIGIN_BROKEN', new Error(`it refused with a body of more than ${maxRefusalBytes} bytes`))
    })
    incoming.on('end', () => this.#refuse(headOf(incoming), Buffer.concat(chunks)))
    watchBody(incoming, () => this.#fail('ORIGIN_BROKEN', new Error('its refusal broke off')))
  }

  #refuse(head: ResponseHead, body: Buffer): void {
    if (this.#state !== 'refused') return
    this.#finish()
    this.#sink.onRefused(head, body)
  }

  #fail(code: ErrorCode, cause: Error): void {
    if (this.#state === 'done') return
    this.#finish()
    this.#sink.onError(originError(code, this.#target, cause))
  }

  #finish(): void {
    this.#state = 'done'
    this.#deadline?.cancel()
    this.#connection?.destroy()
  }
}

function headOf(incoming: IncomingMessage): ResponseHead {
  return {
    status: incoming.statusCode as number,
    reason: incoming.statusMessage ?? '',
    headers: incoming.rawHeaders,
  }
}
