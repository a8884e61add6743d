import type { ClientRequest } from '../../edges/client.ts'
import type { Clock } from '../../edges/clock.ts'
import type { Log } from '../../edges/log.ts'
import type { Origin, OriginTarget } from '../../edges/origin.ts'
import { rewriteTarget } from '../../route/rewriteTarget.ts'
import type { Target } from '../../route/target.ts'
import { filterHeaders, type RawHeaders } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'
import { hostField } from '../../util/hostField.ts'
import type { RoutedRequest } from '../findRoute.ts'
import { findLocalOrigin, LOCAL_TARGET, localPath } from '../localTarget.ts'
import { countedOrigin } from '../originCounts.ts'
import type { Farewells } from '../overHttp/farewells.ts'
import type { OverHttpJob } from '../overHttp/overHttpJob.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'
import { socketHeaders } from './socketHeaders.ts'

/** Fields of the handshake that no origin gets, and that need not be kept as long as the WebSocket is open. */
const NEVER_SENT: ReadonlySet<string> = new Set(['accept-encoding', 'content-encoding', 'host'])

/**
 * A client's handshake as it is kept to make the requests of WebSocket-over-HTTP. There is one for each such WebSocket, so
 * that it has only what differs between them.
 */
export class SocketJob implements OverHttpJob {
  readonly connectionId: string
  readonly #environment: ProxyEnvironment
  readonly #routed: RoutedRequest
  readonly #target: Target

  constructor(
    environment: ProxyEnvironment,
    routed: RoutedRequest,
    { target, connectionId }: { readonly target: Target; readonly connectionId: string },
  ) {
    this.connectionId = connectionId
    this.#environment = environment
    this.#routed = routed.route.origHeaders ? routed : { ...routed, request: slimmed(routed.request) }
    this.#target = target
  }

  get origin(): Origin {
    const { origin, stats } = this.#environment
    const asked = this.#target.kind === 'http' ? origin : findLocalOrigin(this.#environment, this.#target)
    return countedOrigin(this.#environment, stats.traffic.of(this.#routed.route), asked)
  }

  get target(): OriginTarget {
    return this.#target.kind === 'http' ? this.#target : LOCAL_TARGET
  }

  get path(): string {
    return originPath(this.#routed, this.#target)
  }

  get authority(): string {
    return originAuthority(this.#routed, this.#target)
  }

  get oneEvent(): boolean {
    return this.#target.oneEvent
  }

  get clock(): Clock {
    return this.#environment.clock
  }

  get log(): Log {
    return this.#environment.log
  }

  get farewells(): Farewells {
    return this.#environment.farewells
  }

  headers(): RawHeaders {
    return socketHeaders(this.#environment, this.#routed, 'overHttp')
  }
}

/** Returns path and query as a target is to get them. */
export function originPath({ route, request }: RoutedRequest, target: Target): string {
  return localPath(route, target, rewriteTarget(route, request.target))
}

/** Returns the Host that a target is to get. */
export function originAuthority({ route, request }: RoutedRequest, target: Target): string {
  return hostField(target, route.asHost ?? request.authority)
}

function slimmed(request: ClientRequest): ClientRequest {
  const nominated = nominatedByConnection(request.headers)
  const isSent = (name: string): boolean => !NEVER_SENT.has(name) && !isHopByHop(name, nominated)
  // The copy is as long as what is in it; a list that was pushed to keeps room for more.
  return { ...request, headers: filterHeaders(request.headers, isSent).slice() }
}
