import type { Socket } from 'node:net'
import type { ClientRequest } from '../../edges/client.ts'
import type { PassthroughJob } from '../../edges/passthrough.ts'
import type { ClientHandshake } from '../../edges/socket.ts'
import { answerAndClose } from '../earlyError.ts'
import type { RefusalLog } from '../refusalLog.ts'
import type { RequestHead } from '../requestHead.ts'
import { describeHandshake, INVALID_HANDSHAKE, readHandshake, VERSION_FIELD } from './handshakeRequest.ts'
import type { SocketEnvironment } from './socketEnvironment.ts'
import { type UpgradedConnection, WebSocketHandshake } from './webSocketHandshake.ts'

/** What becomes of valid handshakes. */
export interface SocketTaker {
  /** A WebSocket handshake that was found valid. */
  handshake(request: ClientRequest, handshake: ClientHandshake): void
  /** Sends a handshake on to an origin untouched and joins the two connections. */
  passHandshake(connection: UpgradedConnection, job: PassthroughJob): void
}

/** Hands valid handshakes to who takes them, and refuses the others. */
export class HandshakeTaker {
  readonly #taker: SocketTaker
  readonly #sockets: SocketEnvironment
  readonly #refusals: RefusalLog
  readonly #isSecure: boolean

  constructor(options: {
    readonly taker: SocketTaker
    readonly sockets: SocketEnvironment
    readonly refusals: RefusalLog
    readonly isSecure: boolean
  }) {
    this.#taker = options.taker
    this.#sockets = options.sockets
    this.#refusals = options.refusals
    this.#isSecure = options.isSecure
  }

  /** Takes a handshake with its connection, of which `node:http` must know no more. */
  take(connection: UpgradedConnection, head: RequestHead): void {
    const terms = readHandshake(connection.incoming, head)
    if (terms === undefined) this.#refuse(connection.socket)
    else {
      const handshake = new WebSocketHandshake(this.#sockets, terms, { connection, passOn: this.#passOn })
      this.#taker.handshake(describeHandshake(connection, head, { isSecure: this.#isSecure }), handshake)
    }
  }

  readonly #passOn = (connection: UpgradedConnection, job: PassthroughJob): void =>
    this.#taker.passHandshake(connection, job)

  #refuse(socket: Socket): void {
    this.#refusals.note(`400 ${INVALID_HANDSHAKE}`, socket.remoteAddress)
    answerAndClose(socket, '400 Bad Request', INVALID_HANDSHAKE, `${VERSION_FIELD.join(': ')}\r\n`)
  }
}
