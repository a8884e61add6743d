import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { ListenOptions } from 'node:net'
import { dirname } from 'node:path'
import type { Log } from '../../edges/log.ts'
import { HoldfastError } from '../../errors.ts'
import { METRICS_TYPE } from './metricsPage.ts'

/** Where metrics are served: a TCP address, or the path of a unix socket. */
export type MetricsPlace = { readonly host: string; readonly port: number } | { readonly path: string }

/** A port of its own for metrics. Pushpin: `prometheus_port`. */
export interface MetricsServer {
  /** The port that it got; undefined for a unix socket. */
  readonly port: number | undefined
  close(): Promise<void>
}

/** As in Pushpin; who scrapes has one or two. */
const MAX_CONNECTIONS = 16
const MAX_HEADER_BYTES = 8192
const REQUEST_TIMEOUT_MS = 10_000

/** What is served, and where. */
export interface MetricsServerOptions {
  readonly place: MetricsPlace
  /** Reads the metrics, as text of METRICS_TYPE. */
  readonly text: () => Promise<string>
  readonly log: Log
}

/**
 * Serves the metrics, whatever is asked, as Pushpin does. Throws LISTEN_FAILED; a socket file that is left from before is
 * replaced.
 */
export async function serveMetrics({ place, text, log }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    },
    (incoming, outgoing) => {
      incoming.resume()
      text().then(
        (body) => outgoing.writeHead(200, { 'Content-Type': METRICS_TYPE }).end(body),
        (error: unknown) => {
          log.error('metrics: they could not be read', { error })
          outgoing.writeHead(500).end()
        },
      )
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, place)
  server.on('error', (error) => log.error(`metrics: ${error.message}`))
  const address = server.address()
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    close: () => close(server),
  }
}

function listen(server: Server, place: MetricsPlace): Promise<void> {
  const options: ListenOptions = place
  return new Promise<void>((resolve, reject) => {
    if ('path' in place) clearPlace(place.path)
    server.once('error', reject)
    server.listen(options, () => {
      server.removeAllListeners('error')
      resolve()
    })
  }).catch((cause: NodeJS.ErrnoException) => {
    const where = 'path' in place ? `ipc://${place.path}` : `${place.host}:${place.port}`
    const text = `unable to bind to prometheus port: ${where}: ${cause.code ?? cause.message}`
    throw new HoldfastError('LISTEN_FAILED', text, { cause })
  })
}

/** Makes the folder of a socket where there is none, and removes the file of a run before. */
function clearPlace(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
