import type { ServerHttp2Stream } from 'node:http2'
import type { ClientRequest } from '../../edges/client.ts'
import type { ClientHandshake, ClientSocket } from '../../edges/socket.ts'
import { isBodiless, type ResponseHead } from '../../util/headers.ts'
import { ClientWebSocket } from '../webSocket/clientWebSocket.ts'
import {
  acceptedFields,
  MAX_ORIGIN_FIELDS,
  NOT_PROCESSED,
  refusalFields,
  TOO_MANY_FIELDS,
} from '../webSocket/handshakeAnswer.ts'
import type { SocketTerms } from '../webSocket/handshakeRequest.ts'
import type { SocketEnvironment } from '../webSocket/socketEnvironment.ts'
import type { Http2Head } from './http2Head.ts'
import { endStream, respond } from './respond.ts'
import { StreamConnection } from './streamConnection.ts'

/** RFC 8441 §5: what 101 says in HTTP/1.1. */
const ACCEPTED = 200

/** A client's handshake by extended CONNECT: its WebSocket is one stream of an HTTP/2 connection. RFC 8441. */
export class Http2Handshake implements ClientHandshake {
  /** A stream has frames of its own around its bytes. */
  readonly passThrough = undefined
  onClose: (() => void) | undefined
  readonly #environment: SocketEnvironment
  readonly #terms: SocketTerms
  readonly #stream: ServerHttp2Stream
  readonly #peerAddress: string

  constructor(
    environment: SocketEnvironment,
    terms: SocketTerms,
    { stream, peerAddress }: { readonly stream: ServerHttp2Stream; readonly peerAddress: string },
  ) {
    this.#environment = environment
    this.#terms = terms
    this.#stream = stream
    this.#peerAddress = peerAddress
    stream.on('close', this.#onStreamClose)
  }

  accept(head: ResponseHead): ClientSocket {
    this.#letGo()
    const { options } = this.#environment
    const isDeflating = options.allowsCompression && this.#terms.canDeflate
    const connection = new StreamConnection(this.#stream, this.#peerAddress)
    const webSocket = new ClientWebSocket(this.#environment, connection, { isDeflating })
    if (head.headers.length / 2 > MAX_ORIGIN_FIELDS) {
      respond(this.#stream, TOO_MANY_FIELDS.status, refusalFields(TOO_MANY_FIELDS, NOT_PROCESSED))
      webSocket.refuse(NOT_PROCESSED)
    } else {
      respond(this.#stream, ACCEPTED, acceptedFields(head, { isDeflating }))
    }
    return webSocket
  }

  refuse(head: ResponseHead, body: Buffer): void {
    this.#letGo()
    const stream = this.#stream
    if (!respond(stream, head.status, refusalFields(head, body))) return
    // What the client has already sent has no meaning; unread, it would keep the stream from its end.
    stream.resume()
    endStream(stream, isBodiless(head.status) ? undefined : body)
  }

  #letGo(): void {
    this.#stream.off('close', this.#onStreamClose)
    this.onClose = undefined
  }

  readonly #onStreamClose = (): void => this.onClose?.()
}

/** Describes an extended CONNECT as the request of HTTP/1.1 that it stands for. */
export function describeSocketRequest(
  { target, authority, headers }: Http2Head,
  peerAddress: string,
): ClientRequest {
  return {
    method: 'GET',
    target,
    httpVersion: '2',
    secure: true,
    authority,
    headers,
    peerAddress,
    body: undefined,
    bodyLength: undefined,
  }
}
