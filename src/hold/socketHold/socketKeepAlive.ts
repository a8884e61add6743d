import type { ClientSocket } from '../../edges/socket.ts'
import type { SocketKeepAliveTerms } from '../../grip/controlMessage.ts'
import type { RouteTraffic } from '../../stats/routeTraffic.ts'
import type { HoldEnvironment } from '../holdEnvironment.ts'
import { KeepAliveTimer } from '../keepAliveTimer.ts'

/** The client's connection, and the numbers that what is written to it counts in. */
export interface KeptSocket {
  readonly socket: ClientSocket
  readonly traffic: RouteTraffic
}

/** Sends a message to a held WebSocket. GRIP: control message keep-alive. */
export class SocketKeepAlive extends KeepAliveTimer {
  readonly #client: KeptSocket
  readonly #message: SocketKeepAliveTerms['message']

  constructor(environment: HoldEnvironment, client: KeptSocket, terms: SocketKeepAliveTerms) {
    super(environment, terms)
    this.#client = client
    this.#message = terms.message
  }

  protected override get bytesQueued(): number {
    return this.#client.socket.bytesQueued
  }

  protected override send(): void {
    const { socket, traffic } = this.#client
    const { type, content } = this.#message
    traffic.activity++
    traffic.clientMessagesSent++
    traffic.clientContentBytesSent += content.length
    socket.send(type, content)
  }
}
