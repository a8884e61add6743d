import { createHash, randomInt } from 'node:crypto'
import { HttpExchange } from '../accept/httpExchange.ts'
import type { Config } from '../config/config.ts'
import type { Origin } from '../edges/origin.ts'
import type { LocalOrigin, SocketOrigin } from '../edges/originSocket.ts'
import { verifyGripSig } from '../grip/signature.ts'
import type { HoldEnvironment } from '../hold/holdEnvironment.ts'
import { StartLimiter } from '../hub/filters/startLimiter.ts'
import type { Passthrough } from '../origin/passthrough.ts'
import { fetchForFilter } from '../proxy/filterFetch.ts'
import type { GoneCalls } from '../proxy/goneCalls.ts'
import { LinkFetcher } from '../proxy/linkFetcher.ts'
import type { Farewells } from '../proxy/overHttp/farewells.ts'
import type { ProxyEnvironment } from '../proxy/proxyEnvironment.ts'
import { RelayThrough } from '../proxy/relayThrough.ts'
import type { EmulationOwners } from '../proxy/sockJs/socketTable.ts'
import { createSockJsEnvironment } from '../proxy/sockJs/sockJsEnvironment.ts'
import type { Stats } from '../stats/stats.ts'
import type { RouteBook } from './routeBook.ts'

/** The parts that requests are proxied with. */
export interface ProxyParts {
  readonly routes: RouteBook
  readonly origin: Origin
  readonly socketOrigin: SocketOrigin
  readonly localOrigins: ReadonlyMap<string, LocalOrigin>
  readonly passthrough: Passthrough
  readonly holds: HoldEnvironment
  readonly goneCalls: GoneCalls
  readonly farewells: Farewells
  /** Undefined where one process serves all clients. */
  readonly owners: EmulationOwners | undefined
  readonly stats: Stats
}

/** Joins the configuration and the parts to what the proxy works with. */
export function createProxyEnvironment(config: Config, parts: ProxyParts): ProxyEnvironment {
  const { proxy, handler } = config
  const { holds, routes } = parts
  const fetcher = new LinkFetcher()
  const environment: ProxyEnvironment = {
    options: { ...proxy, connectionSubscriptionMax: handler.connectionSubscriptionMax },
    routes: () => routes.table,
    origin: parts.origin,
    socketOrigin: parts.socketOrigin,
    localOrigins: parts.localOrigins,
    passthrough: (request, response, job) => {
      // An answer that is changed on the way to the client, for scripts of other sites, cannot be written past us either.
      if (!(request instanceof HttpExchange) || request !== response) {
        new RelayThrough(parts.origin, { request, response }, job).start()
        return
      }
      response.onClose = undefined
      parts.passthrough.web(request.incoming, request.outgoing, {
        ...job,
        onDone: (outcome) => {
          job.onDone(outcome)
          request.finishPassthrough()
        },
      })
    },
    signerFor: (route) => routes.signerFor(route),
    isTrustedSignature: (token) =>
      proxy.upstreamKey !== undefined &&
      verifyGripSig(token, proxy.upstreamKey, Math.floor(Date.now() / 1000)),
    holds,
    hasHistory: handler.historySize > 0,
    farewells: parts.farewells,
    links: {
      fetch: (held, link) => fetcher.fetch(environment, held, link),
      tellGone: (held, url) => parts.goneCalls.tell(environment, held, url),
      post: (held, request) => fetchForFilter(environment, held, request),
      filterStarts: new StartLimiter(holds.clock),
    },
    sockJs: createSockJsEnvironment({
      owners: parts.owners,
      clock: holds.clock,
      wheel: holds.wheel,
      scriptUrl: proxy.sockJsUrl,
      digest: (text) => createHash('md5').update(text).digest('hex'),
      entropy: () => randomInt(2 ** 32),
    }),
    clock: holds.clock,
    log: holds.log,
    counters: holds.counters,
    stats: parts.stats,
  }
  return environment
}
