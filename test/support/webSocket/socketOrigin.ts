import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { uniqueName } from '../origin.ts'
import { listenOrigin, type OriginListening, originAddress } from '../originServer.ts'
import { eventually } from '../waiting.ts'
import { serveNative } from './nativeEnd.ts'
import { OriginEnd, type SocketScript } from './originEnd.ts'
import { OverHttpEnds } from './overHttpEnd.ts'

interface Entry {
  readonly script: SocketScript
  readonly ends: OriginEnd[]
  readonly requests: IncomingMessage[]
}

/**
 * An origin of WebSockets, native and over HTTP on one port. As with `ScriptedOrigin`, each script gets a path of its own, whose
 * last segment picks it.
 */
export class SocketOrigin {
  readonly #server: Server
  readonly #entries = new Map<string, Entry>()
  readonly #overHttp = new OverHttpEnds()
  readonly #sockets = new Set<Duplex>()

  constructor(server: Server) {
    this.#server = server
    server.on('upgrade', (request, socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      const entry = this.#entryFor(request)
      if (entry === undefined) socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
      else serveNative({ request, socket }, entry.script, () => this.#createEnd(entry, request))
    })
    server.on('request', (request, response) => {
      const entry = this.#entryFor(request)
      if (entry === undefined || request.headers['content-type'] !== 'application/websocket-events') {
        response.writeHead(404).end('nothing here\n')
        return
      }
      void this.#overHttp
        .serve({ request, response }, entry.script, () => this.#createEnd(entry, request))
        .catch((error: Error) => response.writeHead(500).end(error.message))
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return originAddress(this.#server)
  }

  /** Makes a path, below `under`, whose WebSockets go by the script. */
  script(script: SocketScript, under = ''): string {
    const key = uniqueName('s')
    this.#entries.set(key, { script, ends: [], requests: [] })
    return `${under}/${key}`
  }

  /** Waits for the n-th WebSocket of a path; n counts from 1. */
  opened(path: string, n = 1): Promise<OriginEnd> {
    return eventually(
      `WebSocket ${n} of ${path} at the origin`,
      () => this.#entries.get(keyOf(path))?.ends[n - 1],
    )
  }

  /** All requests for a path so far, those of WebSockets over HTTP one by one. */
  requests(path: string): readonly IncomingMessage[] {
    return this.#entries.get(keyOf(path))?.requests ?? []
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #entryFor(request: IncomingMessage): Entry | undefined {
    const entry = this.#entries.get(keyOf(request.url ?? ''))
    entry?.requests.push(request)
    return entry
  }

  #createEnd(entry: Entry, request: IncomingMessage): OriginEnd {
    const end = new OriginEnd(request, entry.script)
    entry.ends.push(end)
    return end
  }
}

/** Starts an origin, on a free port unless it is to be elsewhere. */
export async function startSocketOrigin(listening?: OriginListening): Promise<SocketOrigin> {
  return new SocketOrigin(await listenOrigin(listening))
}

function keyOf(target: string): string {
  return target.split('?', 1)[0]!.split('/').at(-1)!
}
