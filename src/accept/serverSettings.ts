import type { ServerOptions } from 'node:http'

/** Milliseconds between looks at connections whose head is overdue. */
const TIMEOUT_CHECK_MS = 1000

/** Silence after which TCP asks whether the client's end is still there; one that lost its power says nothing. */
export const KEEP_ALIVE_PROBE_MS = 30_000

/** How `node:http` is to serve clients; what it would do by itself and we do otherwise is switched off. */
export function serverSettings(limits: {
  readonly maxHeaderBytes: number
  readonly headerTimeoutMs: number
  readonly keepAliveTimeoutMs: number
}): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headerTimeoutMs,
    // The whole body may take as long as it needs: uploads are streamed.
    requestTimeout: 0,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    requireHostHeader: false,
    insecureHTTPParser: false,
  }
}
