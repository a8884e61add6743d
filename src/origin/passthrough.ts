import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import httpProxy from 'http-proxy'
import type { Log } from '../edges/log.ts'
import type { PassthroughJob } from '../edges/passthrough.ts'
import type { PassthroughContext } from './passthrough/passthroughContext.ts'
import { TargetAgents } from './passthrough/targetAgents.ts'
import { ON_REQUEST, UpgradeExchange } from './passthrough/upgradeExchange.ts'
import { WebExchange } from './passthrough/webExchange.ts'

/** How many connections origins get, and how long they may take to answer. */
export interface PassthroughOptions {
  readonly log: Log
  /** From the request's last byte to the answer's head. `[proxy] origin_timeout`. */
  readonly originTimeoutSeconds: number
  /** To one target at one time, beside those of WebSockets; undefined: no limit. `[proxy] origin_maxconn`. */
  readonly maxConnections?: number | undefined
}

/** Passes requests of `no_grip` routes on to their targets, untouched, with the package `http-proxy`. */
export interface Passthrough {
  /**
   * Passes an HTTP request on and answers it. `Expect: 100-continue` is answered here, when the body is wanted: the
   * server must not have done so.
   */
  web(request: IncomingMessage, response: ServerResponse, job: PassthroughJob): void
  /** Passes a `GET` with `Upgrade: websocket` on and joins the sockets; `firstBytes` came behind the head. */
  upgrade(request: IncomingMessage, socket: Duplex, firstBytes: Buffer, job: PassthroughJob): void
  /** Closes the connections to the targets. */
  close(): void
}

/** Creates a passthrough; it opens connections when it is used. */
export function createPassthrough(options: PassthroughOptions): Passthrough {
  const context: PassthroughContext = {
    proxy: httpProxy.createProxyServer({}),
    agents: new TargetAgents(options.maxConnections),
    log: options.log,
    originTimeoutMs: options.originTimeoutSeconds * 1000,
  }
  context.proxy.on('proxyReqWs', (outgoing, _request, _socket, call) => {
    const onRequest = (call as { [ON_REQUEST]?: (outgoing: ClientRequest) => void })[ON_REQUEST]
    onRequest?.(outgoing)
  })
  return {
    web: (request, response, job) => new WebExchange(context, { request, response }, job).begin(),
    upgrade: (request, socket, firstBytes, job) => {
      new UpgradeExchange(context, { request, socket, firstBytes }, job).begin()
    },
    close: () => context.agents.close(),
  }
}
