import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LocalOrigin } from '../../edges/originSocket.ts'
import { HoldfastError } from '../../errors.ts'
import { createFetchOrigin } from '../../origin/fetchOrigin.ts'
import { acceptInProcess, refuseSockets } from '../../origin/inProcessSocket.ts'
import { createTarget, type Target } from '../../route/target.ts'
import { localTarget, type OriginInput } from './routeInput.ts'

const LOOPBACK = '127.0.0.1'

/** The origins that a program has in its own process. */
export class ProgramOrigins {
  /** Those that are asked without a connection, by name. */
  readonly origins = new Map<string, LocalOrigin>()
  readonly #timeoutMs: number
  readonly #servers: Server[] = []

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** Adds an origin and returns the target that leads to it. Throws CONFIG_INVALID for what is none. */
  async place(origin: OriginInput): Promise<Target> {
    if (typeof origin === 'function') return this.#placeFunction({ fetch: origin })
    if (isObject(origin) && 'fetch' in origin) return this.#placeFunction(origin)
    if (isObject(origin) && 'listener' in origin) return this.#placeListener(origin.listener)
    throw new HoldfastError(
      'CONFIG_INVALID',
      'must be a function, { fetch } or { listener }, or a target such as localhost:3000',
    )
  }

  /** Closes the ports of listeners. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(closeServer))
  }

  #placeFunction({ fetch, webSocket }: Extract<OriginInput, { fetch: unknown }>): Target {
    const name = `origin-${this.origins.size + 1}`
    const accept = webSocket === undefined ? refuseSockets : acceptInProcess(webSocket)
    this.origins.set(name, createFetchOrigin({ fetch, accept, timeoutMs: this.#timeoutMs }))
    return localTarget(name, webSocket !== undefined)
  }

  async #placeListener(listener: RequestListener): Promise<Target> {
    const server = createServer(listener)
    this.#servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, LOOPBACK, resolve)
    })
    const { port } = server.address() as AddressInfo
    return createTarget({ kind: 'http', host: LOOPBACK, port }, { overHttp: true })
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
