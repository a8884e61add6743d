import type { AddressInfo } from 'node:net'
import { createSocketEnvironment, type SocketEnvironment } from '../accept/webSocket/socketEnvironment.ts'
import type { Config } from '../config/config.ts'
import type { ChannelFeed, PublishBus } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { Log } from '../edges/log.ts'
import type { LocalOrigin } from '../edges/originSocket.ts'
import type { HoldEnvironment } from '../hold/holdEnvironment.ts'
import { Updates } from '../hold/updates.ts'
import { HUB_TICK_MS, type Hub } from '../hub/hub.ts'
import { HttpOrigin } from '../origin/httpOrigin.ts'
import { createPassthrough, type Passthrough } from '../origin/passthrough.ts'
import { WebSocketOrigin } from '../origin/webSocket/webSocketOrigin.ts'
import { GoneCalls } from '../proxy/goneCalls.ts'
import { Farewells } from '../proxy/overHttp/farewells.ts'
import type { Stats } from '../stats/stats.ts'
import type { GivenSocket, GivenSockets } from '../util/givenSockets.ts'
import { TimerWheel } from '../util/timerWheel.ts'
import { ClientListeners } from './clientListeners.ts'
import { ClientTaker } from './clientTaker.ts'
import { configuredRoutes } from './configuredRoutes.ts'
import { drainHolds } from './drain.ts'
import { createLocalOrigins } from './localOrigins.ts'
import { createProxyEnvironment } from './proxyOptions.ts'
import { RouteBook } from './routeBook.ts'
import type { RouteSource } from './routeSource.ts'
import type { WorkerPeers } from './workerPeers.ts'

/** What the ports for clients, and all behind them, work with. */
export interface ClientSideOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly stats: Stats
  readonly hub: Hub
  readonly feed: ChannelFeed
  /** What origins of this process publish by. */
  readonly bus: PublishBus
  /** Undefined where this process serves all clients. */
  readonly peers?: WorkerPeers | undefined
  /** The routes have been changed and are to be read anew; undefined where somebody else watches them. */
  readonly onRoutesChanged?: (() => void) | undefined
  /** In the place of those that the configuration names. */
  readonly routes?: RouteSource | undefined
  /** Origins of the program beside the built-in ones, by their names. */
  readonly origins?: ReadonlyMap<string, LocalOrigin> | undefined
}

/** The wheel that long polls and keep-alives wait on. */
const WHEEL_TICK_MS = 100
const WHEEL_SLOTS = 1024

/** How long connections that did not end in the drain time may still take. */
const CLOSE_GRACE_MS = 1000

/** All that serves clients: listeners, routes, origins and holds. */
export class ClientSide {
  readonly holds: HoldEnvironment
  readonly #options: ClientSideOptions
  readonly #routes: RouteBook
  readonly #origin: HttpOrigin
  readonly #socketOrigin: WebSocketOrigin
  readonly #passthrough: Passthrough
  readonly #listeners: ClientListeners
  readonly #goneCalls = new GoneCalls()
  readonly #farewells = new Farewells()
  readonly #stopTasks: (() => void)[] = []

  constructor(options: ClientSideOptions) {
    const { config, clock, log, stats } = options
    this.#options = options
    this.holds = this.#createHolds()
    this.#origin = new HttpOrigin({
      responseTimeoutMs: config.proxy.originTimeoutSeconds * 1000,
      maxConnections: config.proxy.originMaxConnections,
    })
    this.#socketOrigin = createSocketOrigin(config, clock)
    this.#passthrough = createPassthrough({
      log,
      originTimeoutSeconds: config.proxy.originTimeoutSeconds,
      maxConnections: config.proxy.originMaxConnections,
    })
    const source = options.routes ?? configuredRoutes(config, log)
    this.#routes = new RouteBook({ source, sigIss: config.proxy.sigIss, sigKey: config.proxy.sigKey, log })
    const { onRoutesChanged } = options
    if (onRoutesChanged !== undefined) this.#stopTasks.push(source.watch(onRoutesChanged))
    const environment = createProxyEnvironment(config, {
      routes: this.#routes,
      origin: this.#origin,
      socketOrigin: this.#socketOrigin,
      localOrigins: createLocalOrigins(options.bus, {
        controlPort: config.handler.controlPort,
        counts: stats.counters.received.embedded,
        added: options.origins,
      }),
      passthrough: this.#passthrough,
      holds: this.holds,
      goneCalls: this.#goneCalls,
      farewells: this.#farewells,
      owners: options.peers,
      stats,
    })
    const taker = new ClientTaker(environment, this.#passthrough)
    const sockets = createClientSockets(config, this.holds)
    const peerTaker = new ClientTaker(environment, this.#passthrough, { isBehindPeers: true })
    const peerDoor = options.peers?.door(config, { taker: peerTaker, sockets, log })
    this.#listeners = new ClientListeners(config, { taker, sockets, log, peerDoor })
  }

  /** Begins to take what other workers hand on. Throws LISTEN_FAILED. */
  openToPeers(): Promise<void> {
    return this.#listeners.openToPeers()
  }

  /** Reads the routes and opens the ports, or takes those that were given; returns where clients connect. Throws LISTEN_FAILED. */
  open(given: GivenSockets): Promise<AddressInfo[]> {
    this.#routes.load()
    return this.#listeners.open(given)
  }

  /** The sockets on which clients connect, for a process that is to take them over. */
  get sockets(): readonly GivenSocket[] {
    return this.#listeners.sockets
  }

  /** The routes in force. */
  get routes(): RouteBook {
    return this.#routes
  }

  /** Reads the routes anew, after a line in the log that says why; held connections stay as they are. */
  reload(line = 'reloading'): void {
    this.#options.log.info(line)
    this.#routes.load()
  }

  /** Takes no further client, lets the held ones go over the drain time, and resolves when all are gone. */
  async drain(): Promise<void> {
    const { config, clock } = this.#options
    const drainMs = config.runner.drainTimeoutSeconds * 1000
    const deadlineMs = clock.now() + drainMs
    this.holds.isDraining = true
    const closed = this.#listeners.close()
    await drainHolds(this.holds.holds, { clock, drainMs })
    await this.#settle(closed, Math.max(deadlineMs - clock.now(), 0))
    for (const task of this.#stopTasks) task()
    this.#listeners.breakAll()
    // What origins are told of clients that are gone is repeated when it fails; the drain time is for that, too.
    const told = Promise.all([this.#goneCalls.idle(), this.#farewells.idle()])
    await this.#settle(told, Math.max(deadlineMs - clock.now(), 0))
  }

  /** Closes the connections to origins. */
  async close(): Promise<void> {
    this.#passthrough.close()
    await this.#socketOrigin.close()
    await this.#origin.close()
    await this.#options.peers?.close()
  }

  /** Waits for what clients are still being told, but no longer than the time that is left and a little. */
  #settle(closed: Promise<unknown>, leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(leftMs + CLOSE_GRACE_MS, resolve)
      void closed.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #createHolds(): HoldEnvironment {
    const { config, clock, log, stats, hub, feed } = this.#options
    const wheel = new TimerWheel({
      tickMs: WHEEL_TICK_MS,
      slotCount: WHEEL_SLOTS,
      nowMs: clock.now(),
      onError: (error) => log.error('a timer failed', { error }),
    })
    const ticking = clock.every(WHEEL_TICK_MS, () => wheel.advance(clock.now()))
    const hubTicking = clock.every(HUB_TICK_MS, () => hub.tick(clock.now()))
    this.#stopTasks.push(
      () => ticking.cancel(),
      () => hubTicking.cancel(),
    )
    return {
      hub,
      feed,
      updates: new Updates(clock),
      clock,
      wheel,
      log,
      counters: stats.counters,
      connections: stats.connections,
      clientSendBufferBytes: config.runner.clientSendBufferBytes,
      channelLimits: {
        maxNameLength: config.handler.channelNameLength,
        maxChannels: config.handler.channelMax,
      },
      holds: new Set(),
      isDraining: false,
    }
  }
}

function createClientSockets({ runner }: Config, holds: HoldEnvironment): SocketEnvironment {
  const { clock, wheel, log, counters } = holds
  const options = {
    maxMessageBytes: runner.clientMessageBytes,
    maxFragments: runner.clientMessageFragments,
    pingIntervalMs: runner.clientPingIntervalSeconds * 1000,
    allowsCompression: runner.allowCompression,
  }
  return createSocketEnvironment({ options, clock, wheel, log, counters })
}

function createSocketOrigin({ proxy, runner }: Config, clock: Clock): WebSocketOrigin {
  return new WebSocketOrigin({
    clock,
    responseTimeoutMs: proxy.originTimeoutSeconds * 1000,
    maxMessageBytes: runner.clientMessageBytes,
    maxMessageFragments: runner.clientMessageFragments,
    maxRefusalBytes: runner.clientBufferBytes,
    offersDeflate: runner.allowCompression,
  })
}
