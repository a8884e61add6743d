import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { readAuthenticator, readTls } from './credentials.ts'
import type { Nats } from './loadNats.ts'
import type { NatsOptions } from './natsOptions.ts'

/** Waits for a server that accepts a connection and says nothing, such as one that is stopped; then the next is tried. */
const CONNECT_TIMEOUT_MS = 1000
/** Wait between two attempts, and what is added by chance, so that nodes do not all come at once. */
const RECONNECT_WAIT_MS = 250
const RECONNECT_JITTER_MS = 250
/** Attempts at each server that the client knows of; then its files are read anew, and what fails is told. */
const MAX_RECONNECTS = 8
/** A server that has not answered so many pings, one in each interval, is taken for gone. */
const PING_INTERVAL_MS = 1000
const MAX_UNANSWERED_PINGS = 2

/** Says how the client is to connect. Throws NATS_UNAVAILABLE with the setting whose file cannot be used. */
export function connectionOptions(nats: Nats, options: NatsOptions, name: string): NodeConnectionOptions {
  const tls = readTls(options)
  const authenticator = readAuthenticator(nats, options)
  return {
    name,
    servers: options.servers.map((server) => server.replace(/^\w+:\/\//, '')),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: MAX_RECONNECTS,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_UNANSWERED_PINGS,
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(tls === undefined ? {} : { tls }),
  }
}
