import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import { listeningFd } from '../util/givenSockets.ts'
import type { Access } from './auth/access.ts'
import { RefusedCalls } from './auth/refusedCalls.ts'
import { refuseConnection } from './connectionFault.ts'
import { ControlConnection } from './controlConnection.ts'
import { type ControlContext, ControlRequest } from './controlRequest.ts'
import { createVerbs, type VerbTargets } from './verbs.ts'

/** What the control port serves, to whom, and how much of it. */
export interface HttpApiOptions extends VerbTargets {
  /** Who may do what. */
  readonly access: Access
  readonly log: Log
  /** `[handler] push_in_http_max_headers_size`. */
  readonly maxHeadersBytes: number
  /** `[handler] push_in_http_max_body_size`. */
  readonly maxBodyBytes: number
  /** For tests; by default `TIME_LIMITS`. */
  readonly timeLimits?: ControlTimeLimits
}

/** How long the control port waits for clients, in milliseconds. */
export interface ControlTimeLimits {
  /** From accept, or from its first byte, to the end of a request's head; then 408. */
  readonly headersMs: number
  /** From its first byte to the end of a request's body; then 408. */
  readonly requestMs: number
  /** How often the two limits above are looked at. */
  readonly checkMs: number
}

/** The HTTP control port: takes what is published. Pushpin: operations.md §3. */
export interface HttpApi {
  /** Where it listens; undefined before `listen`. */
  readonly address: AddressInfo | undefined
  /** The descriptor on which it listens. */
  readonly fd: number | undefined
  /** Opens the port, or takes the listening socket whose descriptor is given. Throws LISTEN_FAILED. */
  listen(place: { host: string; port: number; fd?: number | undefined }): Promise<AddressInfo>
  /** Takes no further request, lets those under way be answered, and closes all connections. */
  close(): Promise<void>
}

const TIME_LIMITS: ControlTimeLimits = { headersMs: 10_000, requestMs: 60_000, checkMs: 1000 }
/** How long an idle connection stays open: longer than the pools of HTTP clients keep theirs. */
const KEEP_ALIVE_MS = 120_000
/** Pushpin has 128, and each only until its answer; publishers that keep theirs need more room. */
const MAX_CONNECTIONS = 1024
/** How long `close` waits for answers that are due. */
const CLOSE_GRACE_MS = 2000

/** Creates the control port; it listens when told to. */
export function createHttpApi(options: HttpApiOptions): HttpApi {
  const context: ControlContext = {
    verbs: createVerbs(options),
    access: options.access,
    refusedCalls: new RefusedCalls(options.log),
    log: options.log,
    maxBodyBytes: options.maxBodyBytes,
    streams: new Set(),
    isClosing: false,
    hasToldClients: false,
  }
  const server = createControlServer(context, options)
  const sockets = trackSockets(server)
  return {
    get address() {
      return (server.address() ?? undefined) as AddressInfo | undefined
    },
    get fd() {
      return listeningFd(server)
    },
    listen: (place) => listen(server, place, options.log),
    close: () => {
      context.isClosing = true
      for (const stream of context.streams) stream.end()
      return closeServer(server, sockets)
    },
  }
}

function createControlServer(context: ControlContext, options: HttpApiOptions): Server {
  const { headersMs, requestMs, checkMs } = options.timeLimits ?? TIME_LIMITS
  const server = createServer({
    maxHeaderSize: options.maxHeadersBytes,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Nothing here depends on Host, and Pushpin asks for none.
    requireHostHeader: false,
    noDelay: true,
  })
  server.maxConnections = MAX_CONNECTIONS
  const taker =
    (awaitsContinue: boolean) =>
    (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      const connection = ControlConnection.on(incoming.socket)
      new ControlRequest(context, { incoming, outgoing, connection, awaitsContinue }).begin()
    }
  server.on('request', taker(false))
  server.on('checkExpectation', taker(false))
  server.on('checkContinue', taker(true))
  server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket))
  return server
}

function listen(
  server: Server,
  { fd, ...place }: { host: string; port: number; fd?: number | undefined },
  log: Log,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const text = `control port cannot listen on ${place.host}:${place.port}: ${error.code ?? error.message}`
      reject(new HoldfastError('LISTEN_FAILED', text, { cause: error }))
    }
    server.once('error', onError)
    server.listen(fd === undefined ? place : { fd }, () => {
      server.off('error', onError)
      server.on('error', (error) => log.error(`control port: ${error.message}`))
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Node itself does not count a connection as idle that has not sent anything yet. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets) ControlConnection.on(socket).closeIfIdle()
  const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
  await closed
  clearTimeout(grace)
}
