import { connect as connectNet, isIP, type LookupFunction, type NetConnectOpts, type Socket } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
} from 'node:tls'
import type { OriginTarget } from '../edges/origin.ts'
import { connectPlace } from '../util/originPlace.ts'
import { denyingLookup, refuseDenied } from './denyList.ts'

/** Time for TCP and TLS to an origin; the operating system's own limit can be minutes. */
export const CONNECT_TIMEOUT_MS = 10_000

/** How a target is connected to; understood by `node:net`, `node:tls` and our agents. */
export type TargetOptions = ConnectionOptions & {
  /** Keeps apart in the pool what Node's own key does not tell apart. */
  readonly poolKey: string
  /** The unix socket of a target that has no host and port. */
  readonly socketPath?: string
}

/** Returns the options for a target and the request's authority. Throws ORIGIN_DENIED. */
export function targetOptions(target: OriginTarget, authority: string): TargetOptions {
  refuseDenied(target)
  const identity = target.tls ? identityOf(target, authority) : ''
  return {
    ...(target.socketPath === undefined
      ? { host: target.host, port: target.port }
      : { socketPath: target.socketPath }),
    poolKey: `${target.untrusted ? 'untrusted' : ''} ${identity}`,
    ...(target.untrusted ? { lookup: denyingLookup as LookupFunction } : {}),
    ...(target.tls ? tlsOptions(target, identity) : {}),
  }
}

/** Returns how TLS to a target is spoken that must show the certificate of that name or address. */
export function tlsOptions(target: OriginTarget, identity: string) {
  return {
    // RFC 6066 §3: an address is no server name; the certificate is checked against it all the same.
    servername: isIP(identity) === 0 ? identity : '',
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(identity, certificate),
    rejectUnauthorized: !target.insecure,
    ...(target.clientCert === undefined ? {} : { cert: target.clientCert }),
    ...(target.clientKey === undefined ? {} : { key: target.clientKey }),
  }
}

/** Returns the name, or address, that the certificate is checked against. GRIP: trust_connect_host. */
export function identityOf(target: OriginTarget, authority: string): string {
  if (target.trustConnectHost && target.host !== undefined) return target.host
  return authority.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** Opens a connection of its own, in the time that the origin has for its answer; the callback is called once. */
export function connectTarget(
  target: OriginTarget,
  { options, originTimeoutMs }: { readonly options: TargetOptions; readonly originTimeoutMs: number },
  onSettled: (error: Error | undefined) => void,
): Socket {
  const place = connectPlace(target)
  const socket = target.tls
    ? connectTls({ ...options, ...place })
    : connectNet({ ...options, ...place } as NetConnectOpts)
  let isSettled = false
  const settle = (error: Error | undefined): void => {
    clearTimeout(timer)
    if (!isSettled) onSettled(error)
    isSettled = true
  }
  const limitMs = Math.min(CONNECT_TIMEOUT_MS, originTimeoutMs)
  const timer = setTimeout(() => socket.destroy(new Error('connect timed out')), limitMs)
  socket.once(target.tls ? 'secureConnect' : 'connect', () => settle(undefined))
  socket.on('error', settle)
  socket.once('close', () => settle(new Error('connection closed')))
  return socket
}
