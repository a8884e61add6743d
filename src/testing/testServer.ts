import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type CreateServerOptions, createServer, type HoldfastServer } from '../index.ts'
import { SubscriberCount } from './subscriberCount.ts'
import { TestOrigin } from './testOrigin.ts'
import { TestSocket } from './testSocket.ts'
import { TestStream } from './testStream.ts'

/** How a test server differs from `createServer`. */
export interface TestServerOptions extends CreateServerOptions {
  /** The hook of the test framework that runs a function after the test: `onTestFinished` of vitest, `(f) => t.after(f)` of node:test. */
  readonly after?: (close: () => Promise<void>) => unknown
}

/** What a client asks with. */
export interface ClientOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A whole answer. */
export interface TestAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A long poll that is under way. */
export interface TestPoll {
  /** Resolves to the answer, when there is one. */
  readonly answer: Promise<TestAnswer>
  /** Leaves without it. */
  close(): void
}

/** A server on a free port with an origin in memory, and clients for it. */
export class TestServer {
  /** The server itself, as `createServer` makes it. */
  readonly server: HoldfastServer
  /** As `publish` of the server. */
  readonly publish: HoldfastServer['publish']
  /** Says what is answered, unless the test brought an origin or routes of its own. */
  readonly origin: TestOrigin
  readonly #subscribers: SubscriberCount
  readonly #clients: { close(): void }[] = []

  constructor(options: CreateServerOptions) {
    this.origin = new TestOrigin()
    const isOwn = options.origin === undefined && options.routes === undefined
    const runner = { drain_timeout: 0, ...options.settings?.runner }
    this.server = createServer({
      ...options,
      ...(isOwn ? { origin: this.origin } : {}),
      settings: { ...options.settings, runner },
    })
    this.publish = this.server.publish.bind(this.server) as HoldfastServer['publish']
    this.#subscribers = new SubscriberCount(this.server)
  }

  get url(): string {
    return this.server.url ?? ''
  }

  /** Sends a request and resolves to its whole answer. */
  get(path: string, options: ClientOptions = {}): Promise<TestAnswer> {
    return this.poll(path, options).answer
  }

  /** Sends a request whose answer is expected later. */
  poll(path: string, options: ClientOptions = {}): TestPoll {
    const asking = this.#ask(path, options)
    const answer = asking.response.then(wholeAnswer)
    // A poll that is left is not a failure of the test.
    answer.catch(() => {})
    return { answer, close: asking.close }
  }

  /** Opens a stream, and resolves when its head has come. */
  async stream(path: string, options: ClientOptions = {}): Promise<TestStream> {
    return new TestStream(await this.#ask(path, options).response, path)
  }

  /** Opens a WebSocket; rejects when it is refused. */
  async socket(path: string, headers: Readonly<Record<string, string>> = {}): Promise<TestSocket> {
    const socket = await TestSocket.open(`${this.url.replace(/^http/, 'ws')}${path}`, headers)
    this.#clients.push({ close: () => socket.destroy() })
    return socket
  }

  /** Resolves when at least so many clients hold the channel: what is published from then on reaches them. */
  subscribed(channel: string, count = 1): Promise<void> {
    return this.#subscribers.until(channel, (held) => held >= count)
  }

  /** Resolves when nobody holds the channel. */
  unsubscribed(channel: string): Promise<void> {
    return this.#subscribers.until(channel, (held) => held === 0)
  }

  /** Breaks what clients are left, and closes the server; resolves when nothing is left open. */
  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close()
    await this.server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #ask(
    path: string,
    { method = 'GET', headers = {}, body }: ClientOptions,
  ): { readonly response: Promise<IncomingMessage>; close(): void } {
    // A connection of its own: it is gone when the test is over.
    const asked = request(`${this.url}${path}`, { method, headers, agent: false })
    const close = (): void => {
      asked.destroy()
    }
    this.#clients.push({ close })
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve).on('error', reject)
    })
    asked.end(body)
    return { response, close }
  }
}

/**
 * Starts a server for a test.
 *
 * @example
 * ```ts
 * const server = await startTestServer()
 * server.origin.stream('/events', 'news')
 * const stream = await server.stream('/events')
 * await server.subscribed('news')
 * await server.publish('news', { 'http-stream': { content: 'data: hello\n\n' } })
 * console.log(await stream.next()) // hello
 * await server.close()
 * ```
 */
export async function startTestServer({ after, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(options)
  await server.server.listen()
  after?.(() => server.close())
  return server
}

async function wholeAnswer(response: IncomingMessage): Promise<TestAnswer> {
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}
