import type { FetchFunction, SocketFunction } from '../index.ts'

/** What a hold begins with. */
export interface HoldOptions {
  /** The initial body of a stream; what a long poll gets when its time is over. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An origin in memory, which answers by path as a test says, and remembers what it was asked. */
export class TestOrigin {
  /** The requests so far, handshakes of WebSockets included. Their bodies are the answers' to read. */
  readonly requests: Request[] = []
  readonly #answers = new Map<string, FetchFunction>()
  readonly #sockets = new Map<string, SocketFunction>()

  /** Answers the path with a Response, or by a function. */
  answer(path: string, answer: FetchFunction | Response): this {
    this.#answers.set(path, typeof answer === 'function' ? answer : () => answer.clone())
    return this
  }

  /** Holds those who ask for the path as a stream of server-sent events, or of what `Content-Type` in `headers` says. */
  stream(path: string, channel: string, { body = '', headers }: HoldOptions = {}): this {
    const grip = { 'Grip-Hold': 'stream', 'Grip-Channel': channel }
    return this.answer(path, () => new Response(body, { headers: { ...EVENTS, ...headers, ...grip } }))
  }

  /** Holds those who ask for the path until something is published. */
  poll(path: string, channel: string, { body = '', headers }: HoldOptions = {}): this {
    const grip = { 'Grip-Hold': 'response', 'Grip-Channel': channel }
    return this.answer(path, () => new Response(body, { headers: { ...headers, ...grip } }))
  }

  /** Takes WebSockets at the path: subscribes them to a channel, or does as a function says. */
  socket(path: string, taker: string | SocketFunction): this {
    this.#sockets.set(
      path,
      typeof taker === 'function' ? taker : (_request, socket) => socket.subscribe(taker),
    )
    return this
  }

  readonly fetch: FetchFunction = (request) => {
    this.requests.push(request)
    const { pathname } = new URL(request.url)
    return this.#answers.get(pathname)?.(request) ?? notFound(pathname)
  }

  readonly webSocket: SocketFunction = (request, socket) => {
    this.requests.push(request)
    const { pathname } = new URL(request.url)
    const taker = this.#sockets.get(pathname)
    return taker === undefined ? notFound(pathname) : taker(request, socket)
  }
}

const EVENTS = { 'Content-Type': 'text/event-stream' }

function notFound(path: string): Response {
  return new Response(`the test origin was not told what to answer for ${path}\n`, { status: 404 })
}
