import { readFileSync } from 'node:fs'
import type { Authenticator, NodeConnectionOptions } from '@nats-io/transport-node'
import { HoldfastError } from '../../errors.ts'
import type { NatsOptions } from './natsOptions.ts'

/** The client of NATS, as its package exports it. */
export type Nats = typeof import('@nats-io/transport-node')

/**
 * Loads the package of the NATS client, which is optional: only nodes with NATS servers in their configuration need it. Throws
 * NATS_UNAVAILABLE when it is not installed.
 */
export async function loadNats(
  load: () => Promise<Nats> = () => import('@nats-io/transport-node'),
): Promise<Nats> {
  try {
    return await load()
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    const reason = isMissing ? 'is not installed' : `cannot be loaded: ${(cause as Error).message}`
    const text = `nats_servers needs the package @nats-io/transport-node, which ${reason}; see: npm install @nats-io/transport-node@3`
    throw new HoldfastError('NATS_UNAVAILABLE', text, { cause })
  }
}

/** Waits for a server that accepts a connection and says nothing, such as one that is stopped; then the next is tried. */
const CONNECT_TIMEOUT_MS = 1000
/** Wait between two attempts, and what is added by chance, so that nodes do not all come at once. */
const RECONNECT_WAIT_MS = 250
const RECONNECT_JITTER_MS = 250
/** A server that has not answered so many pings, one in each interval, is taken for gone. */
const PING_INTERVAL_MS = 1000
const MAX_UNANSWERED_PINGS = 2

/** Says how the client is to connect. Throws NATS_UNAVAILABLE when a file cannot be read. */
export function connectionOptions(nats: Nats, options: NatsOptions, name: string): NodeConnectionOptions {
  const tls = tlsOptions(options)
  return {
    name,
    servers: options.servers.map((server) => server.replace(/^\w+:\/\//, '')),
    authenticator: authenticators(nats, options),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    // Wrong credentials may become right ones without a restart of all nodes.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_UNANSWERED_PINGS,
    ...(tls === undefined ? {} : { tls }),
  }
}

function tlsOptions(options: NatsOptions): NodeConnectionOptions['tls'] | undefined {
  const { servers, tlsCaFile, tlsCertFile, tlsKeyFile } = options
  const isWanted = servers.some((server) => server.startsWith('tls:'))
  if (!isWanted && tlsCaFile === undefined && tlsCertFile === undefined) return undefined
  return {
    ...(tlsCaFile === undefined ? {} : { ca: readText('nats_tls_ca', tlsCaFile) }),
    ...(tlsCertFile === undefined ? {} : { cert: readText('nats_tls_cert', tlsCertFile) }),
    ...(tlsKeyFile === undefined ? {} : { key: readText('nats_tls_key', tlsKeyFile) }),
  }
}

function authenticators(nats: Nats, options: NatsOptions): Authenticator[] {
  const { user, password, token, credsFile, nkeyFile } = options
  const found: Authenticator[] = []
  if (user !== undefined) found.push(nats.usernamePasswordAuthenticator(user, password))
  if (token !== undefined) found.push(nats.tokenAuthenticator(token))
  if (credsFile !== undefined) {
    found.push(nats.credsAuthenticator(Buffer.from(readText('nats_creds', credsFile))))
  }
  if (nkeyFile !== undefined) {
    found.push(nats.nkeyAuthenticator(Buffer.from(readText('nats_nkey', nkeyFile).trim())))
  }
  return found
}

function readText(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new HoldfastError('NATS_UNAVAILABLE', `${key}: ${(cause as Error).message}`, { cause })
  }
}
