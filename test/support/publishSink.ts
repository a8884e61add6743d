import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A request that reached a sink. */
export interface SunkRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** A control port that keeps what it is sent, and answers what a test says. */
export class PublishSink {
  readonly requests: SunkRequest[] = []
  status = 200
  text = 'Published\n'
  readonly #server: Server

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      void json(incoming).then((body) => {
        const { method = '', url: target = '', headers } = incoming
        this.requests.push({ method, target, headers, body })
        outgoing.writeHead(this.status, { Connection: 'close' }).end(this.text)
      })
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get last(): SunkRequest {
    const last = this.requests.at(-1)
    if (last === undefined) throw new Error('nothing was published')
    return last
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
