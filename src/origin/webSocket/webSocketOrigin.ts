import type { Clock } from '../../edges/clock.ts'
import type { OriginRequest, OriginTarget } from '../../edges/origin.ts'
import type { OriginOpening, OriginSocketSink, SocketOrigin } from '../../edges/originSocket.ts'
import { type OpeningContext, SocketOpening } from './socketOpening.ts'

/** The limits of origins' WebSockets. */
export interface WebSocketOriginOptions {
  readonly clock: Clock
  /** From the handshake's last byte to the answer; connecting has as long at most. `[proxy] origin_timeout`. */
  readonly responseTimeoutMs: number
  /** Bytes of one message from an origin, expanded; a larger one ends its connection with 1009. */
  readonly maxMessageBytes: number
  /** Fragments of one message; more end the connection with 1008. */
  readonly maxMessageFragments: number
  /** Bytes of the body of an answer that is not 101; a larger one is an error. */
  readonly maxRefusalBytes: number
  /** Whether permessage-deflate is offered. `[runner] allow_compression`. */
  readonly offersDeflate: boolean
}

/** Origins that speak WebSocket, with a connection for each socket. */
export class WebSocketOrigin implements SocketOrigin {
  readonly #context: OpeningContext

  constructor(options: WebSocketOriginOptions) {
    this.#context = { ...options, connections: new Set() }
  }

  openSocket(target: OriginTarget, request: OriginRequest, sink: OriginSocketSink): OriginOpening {
    const opening = new SocketOpening(this.#context, { target, request }, sink)
    opening.begin()
    return opening
  }

  async close(): Promise<void> {
    for (const connection of this.#context.connections) connection.destroy()
  }
}
