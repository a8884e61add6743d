import { localFeed } from '../../../src/cluster/localFeed.ts'
import type { ClientRequest, ClientResponse } from '../../../src/edges/client.ts'
import { parsePublishItem } from '../../../src/grip/publishItem.ts'
import type { HoldEnvironment } from '../../../src/hold/holdEnvironment.ts'
import { Updates } from '../../../src/hold/updates.ts'
import { StartLimiter } from '../../../src/hub/filters/startLimiter.ts'
import { History } from '../../../src/hub/history.ts'
import { HUB_TICK_MS, Hub } from '../../../src/hub/hub.ts'
import { Sequencer } from '../../../src/hub/sequencer.ts'
import { handleRequest } from '../../../src/proxy/handleRequest.ts'
import { LinkFetcher } from '../../../src/proxy/linkFetcher.ts'
import { Farewells } from '../../../src/proxy/overHttp/farewells.ts'
import type { ProxyEnvironment } from '../../../src/proxy/proxyEnvironment.ts'
import { RouteTable } from '../../../src/route/routeTable.ts'
import { createStats } from '../../../src/stats/stats.ts'
import { TimerWheel } from '../../../src/util/timerWheel.ts'
import { createTestSockJsEnvironment } from '../../proxy/support.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { routeOf } from '../../support/routeOf.ts'
import { LogOrigin } from './logOrigin.ts'

/** How the proxy is configured, and how its surroundings behave. */
export interface WorldOptions {
  readonly historySize: number
  readonly idCacheTtlMs: number
  readonly updatesOnFirstSubscription: boolean
  /** Makes the delays and faults of the origin. */
  readonly seed: number
}

const WHEEL_TICK_MS = 100
export const MESSAGE_WAIT_MS = 1000

/** The proxy from request to hold and from publish to delivery, between an origin that knows a log and a clock that is moved by hand. */
export class World {
  readonly clock = new FakeClock()
  readonly log = new LinesLog()
  readonly stats = createStats('world')
  readonly counters = this.stats.counters
  readonly hub: Hub
  readonly random: () => number
  readonly origin: LogOrigin
  readonly #environment: ProxyEnvironment

  constructor(options: WorldOptions) {
    const { clock, log, counters } = this
    this.random = mulberry32(options.seed)
    this.origin = new LogOrigin(clock, this.random)
    this.hub = createHub(this, options)
    clock.every(HUB_TICK_MS, () => this.hub.tick(clock.now()))
    const wheel = new TimerWheel({ tickMs: WHEEL_TICK_MS, slotCount: 64, nowMs: clock.now() })
    clock.every(WHEEL_TICK_MS, () => wheel.advance(clock.now()))
    const holds: HoldEnvironment = {
      hub: this.hub,
      feed: localFeed,
      clock,
      wheel,
      log,
      counters,
      connections: this.stats.connections,
      updates: new Updates(clock),
      clientSendBufferBytes: 1_000_000,
      channelLimits: { maxNameLength: 4096, maxChannels: 1_000_000 },
      holds: new Set(),
      isDraining: false,
    }
    this.#environment = createProxyEnvironment(this, holds, options)
  }

  request(target: string, response: ClientResponse): void {
    const request: ClientRequest = { ...PLAIN_GET, target }
    handleRequest(this.#environment, request, response)
  }

  /** Hands item `number` of the chain to the hub. */
  arrive(number: number): void {
    this.hub.deliver(
      parsePublishItem({
        channel: 'c',
        id: String(number),
        'prev-id': String(number - 1),
        formats: { 'http-response': { body: `${number},` }, 'http-stream': { content: `${number},` } },
      }),
    )
  }
}

const PLAIN_GET = {
  method: 'GET',
  httpVersion: '1.1',
  secure: false,
  authority: 'app.test',
  headers: [],
  peerAddress: '192.0.2.1',
  body: undefined,
  bodyLength: undefined,
} as const

function createHub({ clock, log, counters }: World, options: WorldOptions): Hub {
  const { historySize, idCacheTtlMs, updatesOnFirstSubscription } = options
  return new Hub({
    clock,
    log,
    counters,
    rateLimit: undefined,
    sequencer: new Sequencer({ messageWaitMs: MESSAGE_WAIT_MS, idCacheTtlMs }),
    history:
      historySize === 0
        ? undefined
        : new History({
            maxItems: historySize,
            ttlMs: 60_000,
            maxBytes: 1_000_000,
            reorderMs: 2 * MESSAGE_WAIT_MS + HUB_TICK_MS,
          }),
    lingerMs: 60_000,
    updatesOnFirstSubscription,
  })
}

function createProxyEnvironment(
  world: World,
  holds: HoldEnvironment,
  options: WorldOptions,
): ProxyEnvironment {
  const { clock, log, counters, origin } = world
  const table = new RouteTable([routeOf('* origin.test:80')])
  const fetcher = new LinkFetcher()
  const environment: ProxyEnvironment = {
    options: {
      debug: false,
      autoCrossOrigin: false,
      acceptXForwardedProtocol: false,
      setXForwardedProtocol: 'off',
      xForwardedFor: { kind: 'none' },
      xForwardedForTrusted: { kind: 'none' },
      origHeadersNeedMark: new Set(),
      cdnLoop: '',
      acceptPushpinRoute: false,
      logFrom: false,
      logUserAgent: false,
      connectionSubscriptionMax: 20,
      originTimeoutSeconds: 60,
    } as unknown as ProxyEnvironment['options'],
    routes: () => table,
    origin,
    socketOrigin: {
      openSocket: () => {
        throw new Error('no WebSocket is to be opened')
      },
      close: async () => {},
    },
    localOrigins: new Map(),
    passthrough: () => {
      throw new Error('nothing is to be passed through')
    },
    signerFor: () => undefined,
    isTrustedSignature: () => false,
    holds,
    hasHistory: options.historySize > 0,
    farewells: new Farewells(),
    links: {
      fetch: (held, link) => fetcher.fetch(environment, held, link),
      tellGone: () => {},
      post: () => Promise.reject(new Error('no filter is to ask')),
      filterStarts: new StartLimiter(clock),
    },
    sockJs: createTestSockJsEnvironment(holds),
    clock,
    log,
    counters,
    stats: world.stats,
  }
  return environment
}

/** A small generator of numbers from 0 to 1 that repeats itself for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
