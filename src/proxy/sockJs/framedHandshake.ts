import type { ClientHandshake, ClientSocket } from '../../edges/socket.ts'
import type { ResponseHead } from '../../util/headers.ts'
import { FramedSocket } from './framedSocket.ts'
import type { SockJsEnvironment } from './sockJsEnvironment.ts'

/** A handshake of a WebSocket whose messages are to be SockJS frames. */
export class FramedHandshake implements ClientHandshake {
  readonly #environment: SockJsEnvironment
  readonly #inner: ClientHandshake

  constructor(environment: SockJsEnvironment, inner: ClientHandshake) {
    this.#environment = environment
    this.#inner = inner
  }

  get onClose(): (() => void) | undefined {
    return this.#inner.onClose
  }

  set onClose(callback: (() => void) | undefined) {
    this.#inner.onClose = callback
  }

  accept(head: ResponseHead): ClientSocket {
    return new FramedSocket(this.#environment, this.#inner.accept(head))
  }

  refuse(head: ResponseHead, body: Buffer): void {
    this.#inner.refuse(head, body)
  }
}
