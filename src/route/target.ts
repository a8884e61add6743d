import { type OriginPlace, originPlaceName } from '../util/originPlace.ts'

/** What a target says about its origin, whatever kind it is. Pushpin: properties of a target section. */
export interface TargetOptions {
  /** `ssl`: TLS to the origin. */
  readonly tls: boolean
  /** `untrusted`: refuse private and loopback addresses. */
  readonly untrusted: boolean
  /** `trust_connect_host`: check the certificate against the target's host instead of the request's. */
  readonly trustConnectHost: boolean
  /** `insecure`: accept any certificate. */
  readonly insecure: boolean
  /** `host`: `name[:port]` that the origin sees as Host instead of the client's. */
  readonly hostOverride: string | undefined
  /** `sub`: channels that each hold made through this target has, named as they are, in written order. */
  readonly subs: readonly string[]
  /** `over_http`: WebSocket-over-HTTP. */
  readonly overHttp: boolean
  /** `one_event`: one WebSocket event per request. */
  readonly oneEvent: boolean
  /** `ipc_file_mode`: only of use to ZHTTP targets, which holdfast has not; kept so that it can be shown. */
  readonly ipcFileMode: number | undefined
  /** `client_cert`: path of a PEM file, as written. */
  readonly clientCert: string | undefined
  /** `client_key`: path of a PEM file, as written. */
  readonly clientKey: string | undefined
}

/** An origin reached by HTTP; usable as the `OriginTarget` of `edges/origin`. */
export type HttpTarget = TargetOptions & OriginPlace & { readonly kind: 'http' }

/** The built-in test origin of the routes file's `test`. */
export interface TestTarget extends TargetOptions {
  readonly kind: 'test'
}

/** An origin inside this process, added by the program and never by a routes file. */
export interface LocalTarget extends TargetOptions {
  readonly kind: 'local'
  readonly name: string
}

/** Where requests of a route go; a route has at least one, and they are tried in order. */
export type Target = HttpTarget | TestTarget | LocalTarget

/** Which origin a target means, without its options. */
export type TargetAddress =
  | (OriginPlace & { readonly kind: 'http' })
  | { readonly kind: 'test' }
  | { readonly kind: 'local'; readonly name: string }

const DEFAULTS: TargetOptions = {
  tls: false,
  untrusted: false,
  trustConnectHost: false,
  insecure: false,
  hostOverride: undefined,
  subs: [],
  overHttp: false,
  oneEvent: false,
  ipcFileMode: undefined,
  clientCert: undefined,
  clientKey: undefined,
}

/** Makes a frozen target; options not given are off. */
export function createTarget(address: TargetAddress, options: Partial<TargetOptions> = {}): Target {
  const subs = Object.freeze([...(options.subs ?? [])])
  return Object.freeze({ ...DEFAULTS, ...options, subs, ...address })
}

/** Names a target as logs and error texts do: as its place, `test`, or by a local origin's name. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'http':
      return originPlaceName(target)
    case 'test':
      return 'test'
    case 'local':
      return target.name
  }
}
