import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { PassthroughJob } from '../../edges/passthrough.ts'
import type { ClientHandshake, ClientSocket } from '../../edges/socket.ts'
import type { ResponseHead } from '../../util/headers.ts'
import { endWith } from '../earlyError.ts'
import { holdBack } from '../holdBack.ts'
import { ClientWebSocket } from './clientWebSocket.ts'
import {
  encodeRefusal,
  encodeSwitching,
  MAX_ORIGIN_FIELDS,
  NOT_PROCESSED,
  TOO_MANY_FIELDS,
} from './handshakeAnswer.ts'
import type { HandshakeTerms } from './handshakeRequest.ts'
import type { SocketEnvironment } from './socketEnvironment.ts'

/** A connection that `node:http` has let go of, with the request that it did so for. */
export interface UpgradedConnection {
  readonly incoming: IncomingMessage
  readonly socket: Socket
  /** What the client has sent behind the head. */
  readonly first: Buffer
}

/** A client's handshake on a connection that is ours alone. */
export class WebSocketHandshake implements ClientHandshake {
  onClose: (() => void) | undefined
  readonly #environment: SocketEnvironment
  readonly #terms: HandshakeTerms
  readonly #incoming: IncomingMessage
  readonly #socket: Socket
  readonly #passOn: (connection: UpgradedConnection, job: PassthroughJob) => void
  readonly #release: () => Buffer

  /** `passOn` sends the handshake on to an origin. */
  constructor(
    environment: SocketEnvironment,
    terms: HandshakeTerms,
    {
      connection,
      passOn,
    }: {
      readonly connection: UpgradedConnection
      readonly passOn: (connection: UpgradedConnection, job: PassthroughJob) => void
    },
  ) {
    this.#environment = environment
    this.#terms = terms
    this.#incoming = connection.incoming
    this.#socket = connection.socket
    this.#passOn = passOn
    this.#release = holdBack(connection.socket, connection.first, () => {})
    connection.socket.on('close', this.#onSocketClose)
  }

  accept(head: ResponseHead): ClientSocket {
    const early = this.#letGo()
    const socket = this.#socket
    const isDeflating = this.#environment.options.allowsCompression && this.#terms.canDeflate
    const webSocket = new ClientWebSocket(this.#environment, socket, { isDeflating, early })
    if (head.headers.length / 2 > MAX_ORIGIN_FIELDS)
      webSocket.refuse(encodeRefusal(TOO_MANY_FIELDS, NOT_PROCESSED))
    else webSocket.begin(encodeSwitching(head, { key: this.#terms.key, isDeflating }))
    return webSocket
  }

  refuse(head: ResponseHead, body: Buffer): void {
    this.#letGo()
    endWith(this.#socket, encodeRefusal(head, body))
  }

  passThrough(job: PassthroughJob): void {
    const first = this.#letGo()
    this.#passOn({ incoming: this.#incoming, socket: this.#socket, first }, job)
  }

  /** Returns what the client has sent so far. */
  #letGo(): Buffer {
    this.#socket.off('close', this.#onSocketClose)
    this.onClose = undefined
    return this.#release()
  }

  readonly #onSocketClose = (): void => this.onClose?.()
}
