import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { HeaderList } from './client.ts'
import { listenOrigin, type OriginListening, originAddress } from './originServer.ts'
import { eventually } from './waiting.ts'

/** A request as the origin received it. */
export interface OriginRequest {
  readonly method: string
  /** Path and query as received. */
  readonly target: string
  readonly headers: HeaderList
  /** The first value of a field, by name in any case. */
  header(name: string): string | undefined
  all(name: string): string[]
  /** The body received so far. */
  readonly body: Buffer
  /** True once the whole body is there. */
  readonly complete: boolean
  /** True when the requester left before the answer was complete. */
  readonly aborted: boolean
  readonly incoming: IncomingMessage
}

/** An answer with Content-Length, unless `chunked`. Nothing else is added. */
export interface Answer {
  readonly status?: number
  readonly reason?: string
  readonly headers?: HeaderList | Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly chunked?: boolean
}

type Script = (request: OriginRequest, response: ServerResponse) => void

/**
 * An HTTP server that tests tell what to answer. Each script gets a path of its own, so that the tests of one file
 * share an origin and a proxy without meeting each other. The path's last segment picks the script: routes may
 * rewrite what stands before it.
 */
export class ScriptedOrigin {
  readonly #server: Server
  readonly #scripts = new Map<string, { script: Script; requests: OriginRequest[] }>()

  constructor(server: Server) {
    this.#server = server
    server.on('request', (incoming, response) => this.#serve(incoming, response))
    server.on('checkContinue', (incoming, response) => {
      response.writeContinue()
      this.#serve(incoming, response)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return originAddress(this.#server)
  }

  /** Makes a path, below `under`, whose requests get this answer once their body was received. */
  answer(answer: Answer, under = ''): string {
    return this.answers([answer], under)
  }

  /** Makes a path whose first request gets the first answer, and so on; the last one is repeated. */
  answers(answers: readonly Answer[], under = ''): string {
    let count = 0
    return this.script((request, response) => {
      const answer = answers[Math.min(count++, answers.length - 1)]!
      request.incoming.on('end', () => sendAnswer(response, answer))
    }, under)
  }

  /** Makes a path whose requests are answered by these bytes; then the connection ends. */
  rawAnswer(bytes: string | Buffer, under = ''): string {
    return this.script((request) => {
      request.incoming.on('end', () => request.incoming.socket.end(bytes))
    }, under)
  }

  /** Makes a path whose requests are answered by the script. */
  script(script: Script, under = ''): string {
    const key = uniqueName('p')
    this.#scripts.set(key, { script, requests: [] })
    return `${under}/${key}`
  }

  /** Answers the requests that came for a path so far. */
  requests(path: string): readonly OriginRequest[] {
    return this.#scripts.get(keyOf(path))?.requests ?? []
  }

  /** Waits for the n-th request for a path and its whole body; n counts from 1. */
  request(path: string, n = 1): Promise<OriginRequest> {
    return eventually(`request ${n} for ${path} at the origin`, () => {
      const request = this.requests(path)[n - 1]
      return request?.complete === true && request
    })
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #serve(incoming: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false
    const entry = this.#scripts.get(keyOf(incoming.url ?? ''))
    if (entry === undefined) {
      response.writeHead(404).end(`the origin has no script for ${incoming.url}\n`)
      return
    }
    const request = record(incoming, response)
    entry.requests.push(request)
    entry.script(request, response)
  }
}

/** Starts an origin, on a free port unless it is to be elsewhere. */
export async function startOrigin(listening?: OriginListening): Promise<ScriptedOrigin> {
  return new ScriptedOrigin(await listenOrigin(listening))
}

/** Starts a TCP server that hands every connection to the test; `stop` breaks them all. */
export async function startTcpOrigin(
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { port: (server.address() as AddressInfo).port, stop }
}

let nameCount = 0

/** Makes a name that no other test, and no earlier attempt of the same test, has used with this server. */
export function uniqueName(stem: string): string {
  return `${stem}-${++nameCount}-${Math.random().toString(36).slice(2, 8)}`
}

/** Lists headers as pairs. */
export function headerPairs(headers: Answer['headers'] = []): HeaderList {
  return Array.isArray(headers) ? (headers as HeaderList) : Object.entries(headers)
}

function keyOf(target: string): string {
  return target.split('?', 1)[0]!.split('/').at(-1)!
}

function sendAnswer(response: ServerResponse, answer: Answer): void {
  const { status = 200, body = '', chunked = false } = answer
  const pairs = headerPairs(answer.headers)
  const flat = pairs.flat()
  const isSized = pairs.some(([name]) => name.toLowerCase() === 'content-length')
  const mayHaveLength = status !== 204 && status !== 304
  if (!chunked && !isSized && mayHaveLength) flat.push('Content-Length', String(Buffer.byteLength(body)))
  // Spelled out, because Node would otherwise add its own Connection and Keep-Alive fields.
  flat.push('Connection', 'keep-alive')
  if (answer.reason === undefined) response.writeHead(status, flat)
  else response.writeHead(status, answer.reason, flat)
  response.end(body)
}

function record(incoming: IncomingMessage, response: ServerResponse): OriginRequest {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  const state = { aborted: false }
  response.on('close', () => {
    state.aborted = !response.writableFinished
  })
  // The requester may break the connection in mid-body; tests look at `aborted`.
  incoming.on('error', () => {})
  const headers: [string, string][] = []
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.push([incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!])
  }
  const all = (name: string) =>
    headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return {
    method: incoming.method!,
    target: incoming.url!,
    headers,
    all,
    header: (name) => all(name)[0],
    incoming,
    get body() {
      return Buffer.concat(chunks)
    },
    get complete() {
      return incoming.complete && incoming.readableEnded
    },
    get aborted() {
      return state.aborted
    },
  }
}
