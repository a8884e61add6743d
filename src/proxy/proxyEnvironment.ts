import type { ClientRequest, ClientResponse } from '../edges/client.ts'
import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import type { Origin, OriginExchange } from '../edges/origin.ts'
import type { LocalOrigin, SocketOrigin } from '../edges/originSocket.ts'
import type { PassthroughJob } from '../edges/passthrough.ts'
import type { GripSigner } from '../grip/signature.ts'
import type { HoldEnvironment } from '../hold/holdEnvironment.ts'
import type { LastId } from '../hold/lastId.ts'
import type { LinkSink } from '../hold/linkSource.ts'
import type { FilterRequest, FilterResponse } from '../hub/filters/filterNetwork.ts'
import type { StartLimiter } from '../hub/filters/startLimiter.ts'
import type { Route } from '../route/route.ts'
import type { RouteTable } from '../route/routeTable.ts'
import type { Counters } from '../stats/counters.ts'
import type { Stats } from '../stats/stats.ts'
import type { ForwardedForRule } from './forwardedFor.ts'
import type { HeldRequest } from './heldRequest.ts'
import type { Farewells } from './overHttp/farewells.ts'
import type { SockJsEnvironment } from './sockJs/sockJsEnvironment.ts'

/** What the configuration says about proxying; see `docs/configuration.md` for each. */
export interface ProxyOptions {
  readonly debug: boolean
  readonly autoCrossOrigin: boolean
  readonly acceptXForwardedProtocol: boolean
  readonly setXForwardedProtocol: 'off' | 'proto-only' | 'both'
  readonly xForwardedFor: ForwardedForRule
  readonly xForwardedForTrusted: ForwardedForRule
  /** Lower-case names that reach the origin as original only when the client has marked them. */
  readonly origHeadersNeedMark: ReadonlySet<string>
  readonly cdnLoop: string
  readonly acceptPushpinRoute: boolean
  readonly logFrom: boolean
  readonly logUserAgent: boolean
  readonly connectionSubscriptionMax: number
  /** How long an origin may be silent. */
  readonly originTimeoutSeconds: number
}

/** Calls the links that origins gave for held clients. GRIP: Grip-Link. */
export interface LinkCalls {
  /** Fetches a next link; the ids up to which the client has its channels go along. */
  fetch(
    held: HeldRequest,
    link: { readonly url: URL; readonly lastIds: readonly LastId[]; readonly sink: LinkSink },
  ): OriginExchange
  /** Tells the origin that the client is gone. */
  tellGone(held: HeldRequest, url: URL): void
  /** Sends the request of a filter. */
  post(held: HeldRequest, request: FilterRequest): Promise<FilterResponse>
  /** Spreads the requests of filters over time. */
  readonly filterStarts: StartLimiter
}

/** What the requests of a server share. */
export interface ProxyEnvironment {
  readonly options: ProxyOptions
  /** The table in force now; a reload swaps it. */
  readonly routes: () => RouteTable
  readonly origin: Origin
  /** Opens WebSockets to origins that speak the protocol themselves. */
  readonly socketOrigin: SocketOrigin
  /** In-process origins by name: the `test` target, the demo, embedded ones. */
  readonly localOrigins: ReadonlyMap<string, LocalOrigin>
  /** Sends a request on untouched, for `no_grip` routes. */
  readonly passthrough: (request: ClientRequest, response: ClientResponse, job: PassthroughJob) => void
  /** Signs Grip-Sig for a route; undefined where no key is set. */
  readonly signerFor: (route: Route) => GripSigner | undefined
  /** Tells whether a Grip-Sig was made by the GRIP proxy before us. GRIP: upstream_key. */
  readonly isTrustedSignature: (token: string) => boolean
  readonly holds: HoldEnvironment
  /** Whether items are kept for those who missed them; without it only origins can replace them. */
  readonly hasHistory: boolean
  readonly links: LinkCalls
  /** Origins over HTTP that are still to be told that their clients are gone. */
  readonly farewells: Farewells
  /** SockJS clients of routes that serve them. */
  readonly sockJs: SockJsEnvironment
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly stats: Stats
}
