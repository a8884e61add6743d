import {
  connect as connectTcp,
  isIP,
  type LookupFunction,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net'
import { type ConnectionOptions, checkServerIdentity, connect as connectTls } from 'node:tls'
import type { OriginTarget } from '../edges/origin.ts'
import { denyingLookup, isDeniedAddress, originDenied } from './denyList.ts'

/** Time for TCP and TLS to an origin; the operating system's own limit can be minutes. */
export const CONNECT_TIMEOUT_MS = 10_000

/** How a target is connected to; understood by `node:net`, `node:tls` and our agents. */
export type TargetOptions = ConnectionOptions & {
  /** Keeps apart in the pool what Node's own key does not tell apart. */
  readonly poolKey: string
}

/** Returns the options for a target and the request's authority. Throws ORIGIN_DENIED. */
export function targetOptions(target: OriginTarget, authority: string): TargetOptions {
  // An address needs no lookup, so the deny list is asked here.
  if (target.untrusted && isDeniedAddress(target.host)) throw originDenied(target.host, target.host)
  const identity = target.tls ? identityOf(target, authority) : ''
  return {
    host: target.host,
    port: target.port,
    poolKey: `${target.untrusted ? 'untrusted' : ''} ${identity}`,
    ...(target.untrusted ? { lookup: denyingLookup as LookupFunction } : {}),
    ...(target.tls ? tlsOptions(target, identity) : {}),
  }
}

function tlsOptions(target: OriginTarget, identity: string): ConnectionOptions {
  return {
    // RFC 6066 §3: an address is no server name; the certificate is checked against it all the same.
    servername: isIP(identity) === 0 ? identity : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(identity, certificate),
    rejectUnauthorized: !target.insecure,
    ...(target.clientCert === undefined ? {} : { cert: target.clientCert }),
    ...(target.clientKey === undefined ? {} : { key: target.clientKey }),
  }
}

/** The name, or address, that the certificate is checked against. GRIP: trust_connect_host. */
function identityOf(target: OriginTarget, authority: string): string {
  if (target.trustConnectHost) return target.host
  return authority.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** Opens a connection of its own, in the time that the origin has for its answer; the callback is called once. */
export function connectTarget(
  target: OriginTarget,
  { options, originTimeoutMs }: { readonly options: TargetOptions; readonly originTimeoutMs: number },
  onSettled: (error: Error | undefined) => void,
): Socket {
  const { host, port } = target
  const socket = target.tls
    ? connectTls(options)
    : connectTcp({ ...options, host, port } as TcpNetConnectOpts)
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
