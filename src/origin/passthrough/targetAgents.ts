import { Agent as HttpAgent, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { OriginTarget } from '../../edges/origin.ts'
import type { TargetOptions } from '../targetConnection.ts'

/**
 * How long an unused connection is kept at most; less where the origin says so. Short, because a connection that the
 * origin closes as we write to it costs a request.
 */
const IDLE_CONNECTION_MS = 4_000

/** Agents that keep connections for the next request to the same target. */
export class TargetAgents {
  readonly #plain: HttpAgent
  readonly #tls: HttpAgent

  /** Each target gets so many connections at one time; undefined: no limit. */
  constructor(maxSockets = Number.POSITIVE_INFINITY) {
    const options = { keepAlive: true, timeout: IDLE_CONNECTION_MS, maxSockets }
    this.#plain = new PoolKeyHttpAgent(options)
    this.#tls = new PoolKeyHttpsAgent(options)
  }

  for(target: OriginTarget): HttpAgent {
    return target.tls ? this.#tls : this.#plain
  }

  /** Closes all connections, those in use too. */
  close(): void {
    this.#plain.destroy()
    this.#tls.destroy()
  }
}

class PoolKeyHttpAgent extends HttpAgent {
  override getName(options?: RequestOptions): string {
    return `${super.getName(options)} ${poolKeyOf(options)}`
  }
}

class PoolKeyHttpsAgent extends HttpsAgent {
  override getName(options?: RequestOptions): string {
    return `${super.getName(options)} ${poolKeyOf(options)}`
  }
}

function poolKeyOf(options: Partial<TargetOptions> | RequestOptions | undefined): string {
  return options !== undefined && 'poolKey' in options ? String(options.poolKey) : ''
}

/** An agent for one request, on a connection that is there already. */
export class OneSocketAgent extends HttpAgent {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ keepAlive: false })
    this.#socket = socket
  }

  override createConnection(): Socket {
    return this.#socket
  }
}
