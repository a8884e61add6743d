import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HttpExchange } from '../accept/httpExchange.ts'
import type { RequestTaker } from '../accept/httpListener.ts'
import type { RequestHead } from '../accept/requestHead.ts'
import type { Passthrough } from '../origin/passthrough.ts'
import { handleRequest } from '../proxy/handleRequest.ts'
import type { ProxyEnvironment } from '../proxy/proxyEnvironment.ts'

/** Takes what the listeners accept to the proxy. */
export class ClientTaker implements RequestTaker {
  readonly #environment: ProxyEnvironment
  readonly #passthrough: Passthrough

  constructor(environment: ProxyEnvironment, passthrough: Passthrough) {
    this.#environment = environment
    this.#passthrough = passthrough
  }

  request(exchange: HttpExchange): void {
    handleRequest(this.#environment, exchange, exchange)
  }

  upgrade(incoming: IncomingMessage, head: RequestHead, socket: Duplex, first: Buffer): void {
    socket.destroy()
  }
}
