import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerAndClose } from '../accept/earlyError.ts'
import type { HttpExchange } from '../accept/httpExchange.ts'
import type { RequestTaker } from '../accept/httpListener.ts'
import type { RequestHead } from '../accept/requestHead.ts'
import type { ClientRequest } from '../edges.ts'
import { reasonFor } from '../grip/statusReasons.ts'
import type { Passthrough } from '../origin/passthrough.ts'
import { handleRequest } from '../proxy/handleRequest.ts'
import { handleUpgrade } from '../proxy/handleUpgrade.ts'
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
    // A client that leaves is noticed by its close; the event alone must not end the process.
    socket.on('error', () => socket.destroy())
    handleUpgrade(this.#environment, upgradeRequest(incoming, head), {
      passThrough: (job) => this.#passthrough.upgrade(incoming, socket, first, job),
      refuse: ({ status, text }) => {
        answerAndClose(socket, `${status} ${reasonFor(status)}`, text)
        return Buffer.byteLength(`${text}\n`)
      },
    })
  }
}

function upgradeRequest(incoming: IncomingMessage, head: RequestHead): ClientRequest {
  return {
    method: incoming.method ?? 'GET',
    target: head.target,
    httpVersion: '1.1',
    secure: false,
    authority: head.authority,
    headers: incoming.rawHeaders,
    peerAddress: incoming.socket.remoteAddress ?? '',
    body: undefined,
    bodyLength: undefined,
  }
}
