import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { get, type LongPoll, longPoll, type OpenStream, openStream, type RequestOptions } from './client.ts'
import type { RawResponse } from './httpResponse.ts'
import { uniqueName } from './origin.ts'
import { type Running, type StartOptions, startTarget, useTarget } from './target.ts'
import { eventually } from './waiting.ts'

/** A WebSocket as the origin behind SockJS has it. */
export interface OriginSide {
  readonly request: IncomingMessage
  readonly socket: WebSocket
  /** Texts received, then `close CODE REASON`. */
  readonly heard: string[]
}

/**
 * A session of a SockJS client. Its name goes along in the query of each first request, which tells the origin which one it
 * is.
 */
export class SockJsClient {
  readonly path: string
  readonly name: string
  readonly #flow: SockJsFlow

  constructor(flow: SockJsFlow, under: string) {
    this.#flow = flow
    this.name = uniqueName('session')
    this.path = `${under}/000/${this.name}`
  }

  /** Asks for frames by XHR. */
  poll(options: RequestOptions = {}): Promise<RawResponse> {
    return get(this.#flow.server.port, this.#target('xhr'), { method: 'POST', ...options })
  }

  /** Asks for frames twice at one time; answers the request that waits, and what the other one is told. */
  async pollTwice(): Promise<{ waiting: LongPoll; told: string }> {
    const { port } = this.#flow.server
    const polls = await Promise.all([0, 1].map(() => longPoll(port, this.#target('xhr'), { method: 'POST' })))
    const [first, second] = polls as [LongPoll, LongPoll]
    // Which of the two is the first one, only the server knows.
    const refused = await eventually('the answer to one', () =>
      polls.find(({ client }) => client.socket.bytesRead > 0),
    )
    return { waiting: refused === first ? second : first, told: (await refused.answer()).text }
  }

  /** Asks for frames by JSON-P. */
  jsonp(callback = 'cb'): Promise<RawResponse> {
    return get(this.#flow.server.port, `${this.#target('jsonp')}&c=${callback}`)
  }

  send(body: string): Promise<RawResponse> {
    return get(this.#flow.server.port, `${this.path}/xhr_send`, { method: 'POST', body })
  }

  /** Opens a stream of frames; `callback` is the page's function. */
  stream(method: string, transport: string): Promise<OpenStream> {
    return openStream(this.#flow.server.port, `${this.#target(transport)}&c=cb`, { method })
  }

  /** The origin's end, once it is there. */
  origin(): Promise<OriginSide> {
    return eventually(`the origin's end of ${this.name}`, () => this.#flow.sides.get(this.name))
  }

  #target(transport: string): string {
    return `${this.path}/${transport}?name=${this.name}`
  }
}

/** A server under test that serves SockJS below `/sock`, and an origin of native WebSockets that speaks GRIP. */
export class SockJsFlow {
  /** Set before the first test by `useSockJsFlow`. */
  server!: Running
  readonly sides = new Map<string, OriginSide>()

  get(target: string, options?: RequestOptions): Promise<RawResponse> {
    return get(this.server.port, target, options)
  }

  client(under = '/sock'): SockJsClient {
    return new SockJsClient(this, under)
  }

  /** Opens a session by XHR; answers when it is told to be open. */
  async opened(): Promise<{ client: SockJsClient; origin: OriginSide }> {
    const client = this.client()
    const response = await client.poll()
    if (response.text !== 'o\n') throw new Error(`not opened: ${response.status} ${response.text}`)
    return { client, origin: await client.origin() }
  }

  /** Opens a session by XHR that is subscribed to a channel of its own. */
  async subscribed(): Promise<{ client: SockJsClient; channel: string }> {
    const { client, origin } = await this.opened()
    const channel = uniqueName('channel')
    origin.socket.send(`c:${JSON.stringify({ type: 'subscribe', channel })}`)
    await this.server.subscribed(channel)
    return { client, channel }
  }

  /** Takes a WebSocket of the proxy. */
  take(request: IncomingMessage, socket: WebSocket): void {
    const side: OriginSide = { request, socket, heard: [] }
    const name = new URL(request.url ?? '', 'http://origin').searchParams.get('name')
    if (name !== null) this.sides.set(name, side)
    socket.on('message', (content: Buffer) => side.heard.push(content.toString()))
    socket.on('ping', (content) => side.heard.push(`ping ${content}`))
    socket.on('close', (code, reason) => side.heard.push(`close ${code} ${reason}`.trim()))
    socket.on('error', () => {})
  }
}

/** Starts the server and its origin before the tests of a file, and ends both after them. */
export function useSockJsFlow(
  routes: (origin: string) => readonly string[],
  options: Omit<StartOptions, 'routes'> = {},
): SockJsFlow {
  const flow = new SockJsFlow()
  let origin: Server
  beforeAll(async () => {
    origin = await startSocketOrigin(flow)
  })
  afterAll(async () => {
    for (const { socket } of flow.sides.values()) socket.terminate()
    origin?.closeAllConnections()
    await new Promise((resolve) => origin?.close(resolve))
  })
  useTarget(flow, () => {
    const { port } = origin.address() as AddressInfo
    return startTarget({ ...options, routes: routes(`127.0.0.1:${port}`) })
  })
  return flow
}

/** A handshake that asks for `refuse` in its query is refused. */
async function startSocketOrigin(flow: SockJsFlow): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(404).end('no HTTP here\n'))
  const sockets = new WebSocketServer({ noServer: true })
  sockets.on('headers', (lines) => lines.push('Sec-WebSocket-Extensions: grip'))
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.includes('refuse')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused')
      return
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => flow.take(request, accepted))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
