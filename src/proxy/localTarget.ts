import type { OriginTarget } from '../edges/origin.ts'
import type { LocalOrigin } from '../edges/originSocket.ts'
import { HoldfastError } from '../errors.ts'
import type { Route } from '../route/route.ts'
import { type Target, targetName } from '../route/target.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/** What in-process origins are asked for: they are found by name, not by address. */
export const LOCAL_TARGET: OriginTarget = {
  host: 'local',
  port: 0,
  tls: false,
  untrusted: false,
  trustConnectHost: false,
  insecure: false,
  clientCert: undefined,
  clientKey: undefined,
}

/** Finds the in-process origin that a target names. Throws ROUTE_INVALID where there is none. */
export function findLocalOrigin({ localOrigins }: ProxyEnvironment, target: Target): LocalOrigin {
  const name = targetName(target)
  const origin = localOrigins.get(name)
  if (origin === undefined) throw new HoldfastError('ROUTE_INVALID', `no in-process origin named '${name}'`)
  return origin
}

/**
 * Returns the path as an in-process origin sees it: the test origin, below the route's own (Pushpin: the `test` target); an origin
 * of the program, as one behind a port would.
 */
export function localPath({ pathBeg }: Route, { kind }: Target, path: string): string {
  if (kind !== 'test') return path
  const base = pathBeg.endsWith('/') ? pathBeg.slice(0, -1) : pathBeg
  const rest = path.startsWith(base) ? path.slice(base.length) : path
  return rest.startsWith('/') ? rest : `/${rest}`
}
