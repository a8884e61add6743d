import type { AddressInfo } from 'node:net'
import { isAbsolute, relative } from 'node:path'
import { createSocketEnvironment, type SocketEnvironment } from './accept/webSocket/socketEnvironment.ts'
import { LocalBus } from './cluster/localBus.ts'
import { LocalDirectory } from './cluster/localDirectory.ts'
import { localFeed } from './cluster/localFeed.ts'
import type { Config } from './config/config.ts'
import type { Clock, Log, PublishBus } from './edges.ts'
import type { HoldEnvironment } from './hold/holdEnvironment.ts'
import { Updates } from './hold/updates.ts'
import { History } from './hub/history.ts'
import { HUB_TICK_MS, Hub } from './hub/hub.ts'
import { RateLimit } from './hub/rateLimit.ts'
import { Sequencer } from './hub/sequencer.ts'
import { createAccess } from './ingress/auth/access.ts'
import { createCommands } from './ingress/commands.ts'
import { createHttpApi, type HttpApi } from './ingress/httpApi.ts'
import { HttpOrigin } from './origin/httpOrigin.ts'
import { createPassthrough, type Passthrough } from './origin/passthrough.ts'
import { WebSocketOrigin } from './origin/webSocket/webSocketOrigin.ts'
import { GoneCalls } from './proxy/goneCalls.ts'
import { Farewells } from './proxy/overHttp/farewells.ts'
import { ClientListeners } from './server/clientListeners.ts'
import { ClientTaker } from './server/clientTaker.ts'
import { configuredRoutes } from './server/configuredRoutes.ts'
import { drainHolds } from './server/drain.ts'
import { createLocalOrigins } from './server/localOrigins.ts'
import { Observation } from './server/observation.ts'
import { createProxyEnvironment } from './server/proxyOptions.ts'
import { RouteBook } from './server/routeBook.ts'
import { ZeroMqSockets } from './server/zeroMqSockets.ts'
import { systemClock } from './systemClock.ts'
import { TimerWheel } from './util/timerWheel.ts'

export interface ServerOptions {
  readonly config: Config
  readonly log: Log
  /** What the configuration's author should know; logged when the log is there. */
  readonly warnings?: readonly string[]
}

/** A server that takes clients and publishers. */
export interface RunningServer {
  /** Where clients connect, in the order configured. */
  readonly clientAddresses: readonly AddressInfo[]
  /** Where publishers connect; undefined when the control port is off. */
  readonly controlAddress: AddressInfo | undefined
  /** Reads the routes anew; held connections stay as they are. */
  reload(): void
  /** Takes no further client, lets the held ones go, and resolves when all is closed. */
  stop(): Promise<void>
}

/** The wheel that long polls and keep-alives wait on. */
const WHEEL_TICK_MS = 100
const WHEEL_SLOTS = 1024

/** How long connections that did not end in the drain time may still take. */
const CLOSE_GRACE_MS = 1000

/** Starts what the configuration asks for. Throws LISTEN_FAILED when a port cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = new Server(options)
  try {
    await server.listen()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

/** Joins the parts and runs them. */
class Server implements RunningServer {
  readonly #config: Config
  readonly #warnings: readonly string[]
  readonly #log: Log
  readonly #clock: Clock = systemClock
  readonly #observation: Observation
  readonly #holds: HoldEnvironment
  readonly #bus: PublishBus
  readonly #routes: RouteBook
  readonly #origin: HttpOrigin
  readonly #socketOrigin: WebSocketOrigin
  readonly #passthrough: Passthrough
  readonly #listeners: ClientListeners
  #clientAddresses: readonly AddressInfo[] = []
  readonly #api: HttpApi
  readonly #zeroMq: ZeroMqSockets
  readonly #goneCalls = new GoneCalls()
  readonly #farewells = new Farewells()
  readonly #stopTasks: (() => void)[] = []
  #isListening = false

  constructor(options: ServerOptions) {
    const { config } = options
    this.#config = config
    this.#warnings = options.warnings ?? []
    this.#observation = new Observation(config, { log: options.log, clock: this.#clock })
    const { log, stats } = this.#observation
    this.#log = log
    this.#holds = this.#createHolds()
    this.#bus = new LocalBus(this.#holds.hub)
    this.#origin = new HttpOrigin({ responseTimeoutMs: config.proxy.originTimeoutSeconds * 1000 })
    this.#socketOrigin = createSocketOrigin(config, this.#clock)
    this.#passthrough = createPassthrough({ log, originTimeoutSeconds: config.proxy.originTimeoutSeconds })
    const source = configuredRoutes(config, log)
    this.#routes = new RouteBook({ source, sigIss: config.proxy.sigIss, sigKey: config.proxy.sigKey, log })
    this.#stopTasks.push(source.watch(() => this.reload()))
    const environment = createProxyEnvironment(config, {
      routes: this.#routes,
      origin: this.#origin,
      socketOrigin: this.#socketOrigin,
      localOrigins: createLocalOrigins(this.#bus, config.handler.controlPort),
      passthrough: this.#passthrough,
      holds: this.#holds,
      goneCalls: this.#goneCalls,
      farewells: this.#farewells,
      stats,
    })
    const taker = new ClientTaker(environment, this.#passthrough)
    const sockets = createClientSockets(config, this.#holds)
    this.#listeners = new ClientListeners(config, { taker, sockets, log })
    const { hub } = this.#holds
    const directory = new LocalDirectory({ hub, connections: stats.connections, clock: this.#clock })
    const commands = createCommands({ bus: this.#bus, recover: () => hub.recover(), directory })
    this.#api = createHttpApi({
      bus: this.#bus,
      counts: stats.counters.received.http,
      access: createAccess(config.control),
      log,
      maxHeadersBytes: config.handler.controlMaxHeadersBytes,
      maxBodyBytes: config.handler.controlMaxBodyBytes,
      commands,
      admin: this.#observation.adminTargets({
        holds: this.#holds,
        bus: this.#bus,
        directory,
        isListening: () => this.#isListening,
        reload: () => this.reload(),
      }),
    })
    this.#zeroMq = new ZeroMqSockets(config, {
      bus: this.#bus,
      hub,
      commands,
      counters: stats.counters,
      clock: this.#clock,
      log,
    })
  }

  get clientAddresses(): readonly AddressInfo[] {
    return this.#clientAddresses
  }

  get controlAddress(): AddressInfo | undefined {
    return this.#api.address
  }

  async listen(): Promise<void> {
    for (const warning of this.#warnings) this.#log.warn(warning)
    const { handler, configFile } = this.#config
    if (configFile !== undefined) this.#log.info(`configuration: ${shownPath(configFile)}`)
    this.#routes.load()
    this.#clientAddresses = await this.#listeners.open()
    await this.#observation.listen(this.#holds)
    if (handler.controlPort !== undefined) {
      const address = await this.#api.listen({ host: handler.controlAddress, port: handler.controlPort })
      this.#log.info(`http control server: ${formatAddress(address)}`)
    }
    await this.#zeroMq.open()
    if (this.#config.demo) this.#log.info(`no configuration: serving the demo${this.#demoPlace()}`)
    this.#isListening = true
    this.#log.info('started')
  }

  reload(): void {
    this.#log.info('reloading routes')
    this.#routes.load()
  }

  async stop(): Promise<void> {
    this.#log.info(`stopping, ${this.#holds.holds.size} clients held`)
    await this.close()
    this.#log.info('stopped')
  }

  /** Stops without a word, for a server that has not started. */
  async close(): Promise<void> {
    const drainMs = this.#config.runner.drainTimeoutSeconds * 1000
    const deadlineMs = this.#clock.now() + drainMs
    this.#holds.isDraining = true
    const closed = this.#listeners.close()
    await drainHolds(this.#holds.holds, this.#clock, drainMs)
    await this.#settle(closed, Math.max(deadlineMs - this.#clock.now(), 0))
    for (const task of this.#stopTasks) task()
    this.#listeners.breakAll()
    // What origins are told of clients that are gone is repeated when it fails; the drain time is for that, too.
    const told = Promise.all([this.#goneCalls.idle(), this.#farewells.idle()])
    await this.#settle(told, Math.max(deadlineMs - this.#clock.now(), 0))
    await this.#api.close()
    await this.#zeroMq.close()
    await this.#observation.close()
    await this.#bus.close()
    this.#passthrough.close()
    await this.#socketOrigin.close()
    await this.#origin.close()
  }

  #demoPlace(): string {
    const [address] = this.clientAddresses
    return address === undefined ? '' : `; open http://localhost:${address.port}`
  }

  /** Waits for what clients are still being told, but no longer than the time that is left and a little. */
  #settle(closed: Promise<unknown>, leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(leftMs + CLOSE_GRACE_MS, resolve)
      void closed.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #createHolds(): HoldEnvironment {
    const clock = this.#clock
    const wheel = new TimerWheel({
      tickMs: WHEEL_TICK_MS,
      slotCount: WHEEL_SLOTS,
      nowMs: clock.now(),
      onError: (error) => this.#log.error('a timer failed', { error }),
    })
    const ticking = clock.every(WHEEL_TICK_MS, () => wheel.advance(clock.now()))
    this.#stopTasks.push(() => ticking.cancel())
    const hub = this.#createHub()
    const hubTicking = clock.every(HUB_TICK_MS, () => hub.tick(clock.now()))
    this.#stopTasks.push(() => hubTicking.cancel())
    return {
      hub,
      feed: localFeed,
      updates: new Updates(clock),
      clock,
      wheel,
      log: this.#log,
      counters: this.#observation.stats.counters,
      connections: this.#observation.stats.connections,
      clientSendBufferBytes: this.#config.runner.clientSendBufferBytes,
      holds: new Set(),
      isDraining: false,
    }
  }

  #createHub(): Hub {
    const { messageRate, messageHwm, ...handler } = this.#config.handler
    const shared = { clock: this.#clock, log: this.#log, counters: this.#observation.stats.counters }
    const rateLimit =
      messageRate === undefined
        ? undefined
        : new RateLimit({ ...shared, deliveriesPerSecond: messageRate, maxWaiting: messageHwm })
    const history = {
      maxItems: handler.historySize,
      ttlMs: handler.historyTtlSeconds * 1000,
      reorderMs: 2 * handler.messageWaitMs + HUB_TICK_MS,
      maxBytes: handler.historyMaxBytes,
    }
    return new Hub({
      ...shared,
      rateLimit,
      sequencer: new Sequencer({
        messageWaitMs: handler.messageWaitMs,
        idCacheTtlMs: handler.idCacheTtlSeconds * 1000,
      }),
      history: handler.historySize === 0 ? undefined : new History(history),
      lingerMs: handler.subscriptionLingerSeconds * 1000,
      updatesOnFirstSubscription: handler.updatesOnFirstSubscription,
    })
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

/** Shows a path as one types it in the working directory where it is below that. */
function shownPath(path: string): string {
  const shown = relative(process.cwd(), path)
  return shown.startsWith('..') || isAbsolute(shown) ? path : `./${shown}`
}

function formatAddress(address: AddressInfo): string {
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`
}
