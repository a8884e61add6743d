import type { RequestTaker } from '../accept/httpListener.ts'
import type { UpgradedConnection } from '../accept/webSocket/webSocketHandshake.ts'
import type { ClientRequest, ClientResponse } from '../edges/client.ts'
import type { PassthroughJob } from '../edges/passthrough.ts'
import type { ClientHandshake } from '../edges/socket.ts'
import type { Passthrough } from '../origin/passthrough.ts'
import { handleRequest } from '../proxy/handleRequest.ts'
import { handleSocket } from '../proxy/handleSocket.ts'
import type { ProxyEnvironment } from '../proxy/proxyEnvironment.ts'
import { readRelayed } from '../proxy/sockJs/relayToOwner.ts'

/** Takes what the listeners accept to the proxy. */
export class ClientTaker implements RequestTaker {
  readonly #environment: ProxyEnvironment
  readonly #passthrough: Passthrough
  readonly #isBehindPeers: boolean

  /** `isBehindPeers`: the requests are handed on by other workers, and say whose they are. */
  constructor(
    environment: ProxyEnvironment,
    passthrough: Passthrough,
    { isBehindPeers = false }: { readonly isBehindPeers?: boolean } = {},
  ) {
    this.#environment = environment
    this.#passthrough = passthrough
    this.#isBehindPeers = isBehindPeers
  }

  request(exchange: ClientRequest & ClientResponse): void {
    handleRequest(this.#environment, this.#isBehindPeers ? readRelayed(exchange) : exchange, exchange)
  }

  handshake(request: ClientRequest, handshake: ClientHandshake): void {
    handleSocket(this.#environment, request, handshake)
  }

  passHandshake({ incoming, socket, first }: UpgradedConnection, job: PassthroughJob): void {
    this.#passthrough.upgrade(incoming, socket, first, job)
  }
}
