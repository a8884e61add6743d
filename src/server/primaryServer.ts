import type { AddressInfo } from 'node:net'
import { ItemRelay } from '../cluster/workers/itemRelay.ts'
import { MergedDirectory } from '../cluster/workers/mergedDirectory.ts'
import { RelayBus } from '../cluster/workers/relayBus.ts'
import type { Config } from '../config/config.ts'
import type { ChannelFeed } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { HoldDirectory } from '../edges/directory.ts'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import { HUB_TICK_MS } from '../hub/hub.ts'
import type { AdminTargets } from '../ingress/admin/adminTargets.ts'
import { type MergedStatus, mergeStatus } from '../observe/mergeStatus.ts'
import { METRICS_TYPE, type MetricsData, mergeMetrics } from '../observe/prometheus/metricsPage.ts'
import type { Trouble } from '../observe/recentTrouble.ts'
import type { ProcessStatus } from '../observe/status.ts'
import type { MergedStats } from '../observe/zmqStats/mergedStats.ts'
import type { PacketFields, PacketType } from '../stats/feeds/packet.ts'
import { systemClock } from '../systemClock.ts'
import { type GivenSocket, GivenSockets } from '../util/givenSockets.ts'
import { configuredRoutes, ROUTES_CHANGED } from './configuredRoutes.ts'
import { ControlSide } from './controlSide.ts'
import { createIntake } from './createHub.ts'
import { createNodeView } from './nodeView.ts'
import { Observation } from './observation.ts'
import { createPublishPath, type PublishPath } from './publishPath.ts'
import { checkTakeover } from './takeover.ts'
import { WORKER } from './workerMessages.ts'
import { WorkerPool } from './workerPool.ts'

/** What a primary process is started with. */
export interface PrimaryServerOptions {
  readonly config: Config
  readonly log: Log
  readonly warnings: readonly string[]
  /** Worker processes. */
  readonly size: number
  /** The program's arguments. */
  readonly argv: readonly string[]
  /** Listening sockets that take the place of those configured for the same addresses. */
  readonly sockets: readonly GivenSocket[]
}

const OPENED_BY_WORKERS =
  'with workers only sockets that the process was given when it started, as by systemd, can be taken over'

/** What connections that are slow to close may take beyond `drain_timeout`. */
const WORKER_GRACE_MS = 4000

/** Starts a primary and its workers. Throws LISTEN_FAILED when a port cannot be had, and NATS_UNAVAILABLE. */
export async function startPrimary(options: PrimaryServerOptions): Promise<PrimaryServer> {
  const server = new PrimaryServer(options)
  try {
    await server.listen()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

/** The process that takes what is published, and answers operators, for workers that serve the clients. */
export class PrimaryServer {
  readonly #options: PrimaryServerOptions
  readonly #log: Log
  readonly #clock: Clock = systemClock
  readonly #observation: Observation
  readonly #relay: ItemRelay
  readonly #path: PublishPath
  readonly #pool: WorkerPool
  readonly #control: ControlSide
  readonly #stopTasks: (() => void)[] = []
  #mergedStats: MergedStats | undefined
  #clientAddresses: readonly AddressInfo[] = []
  #state: 'starting' | 'serving' | 'draining' = 'starting'

  constructor(options: PrimaryServerOptions) {
    const { config, size, argv } = options
    const clock = this.#clock
    this.#options = options
    this.#observation = new Observation(config, { log: options.log, clock })
    const { log, stats } = this.#observation
    const { counters } = stats
    this.#log = log
    const intake = createIntake(config, { clock, log, counters }, 'publishers')
    const feed: ChannelFeed = { open: (channels, onOpen) => this.#path.feed.open(channels, onOpen) }
    const relay = new ItemRelay({ ...intake, clock, feed })
    this.#relay = relay
    const localDirectory = new MergedDirectory(() => this.#pool.directories)
    const localBus = new RelayBus(relay)
    const facts = { status: () => this.#status(), errors: () => this.#errors() }
    this.#path = createPublishPath(config, { clock, log, localBus, sink: relay, localDirectory, facts })
    const { bus, directory } = this.#path
    const ticking = clock.every(HUB_TICK_MS, () => this.#relay.tick(clock.now()))
    this.#stopTasks.push(() => ticking.cancel())
    this.#pool = new WorkerPool({
      size,
      argv,
      sockets: options.sockets,
      drainLimitMs: config.runner.drainTimeoutSeconds * 1000 + WORKER_GRACE_MS,
      bus,
      relay,
      clock,
      log,
      onTold: (worker, subject, data) => this.#onTold(worker, subject, data),
      onGone: (worker) => this.#mergedStats?.gone(worker),
    })
    // One watches for all: each by itself, workers would change half a second apart.
    this.#stopTasks.push(configuredRoutes(config, log).watch(() => this.#reload(ROUTES_CHANGED)))
    const channels = { observe: relay.observe.bind(relay), recover: this.#path.recover }
    const admin = this.#adminTargets(directory)
    this.#control = new ControlSide({
      config,
      clock,
      log,
      counters,
      bus,
      channels,
      directory,
      admin,
      clientAddresses: () => this.#clientAddresses,
    })
  }

  get clientAddresses(): readonly AddressInfo[] {
    return this.#clientAddresses
  }

  get controlAddress(): AddressInfo | undefined {
    return this.#control.address
  }

  /** What workers listen on is not this process's to give away, but for what it was given itself. */
  sockets(): readonly GivenSocket[] {
    const { config, sockets } = this.#options
    checkTakeover(config)
    const rest = new GivenSockets(sockets)
    const { httpPorts, httpsPorts, localPorts } = config.runner
    const isGiven =
      [...httpPorts, ...httpsPorts].every((place) => rest.takePort(place) !== undefined) &&
      localPorts.every(({ path }) => rest.takePath(path) !== undefined)
    if (!isGiven) throw new HoldfastError('TAKEOVER_FAILED', OPENED_BY_WORKERS)
    const clients = sockets.filter((socket) => !rest.rest.includes(socket))
    return [...clients, ...this.#control.sockets]
  }

  async listen(): Promise<void> {
    for (const warning of this.#options.warnings) this.#log.warn(warning)
    const { configFile } = this.#options.config
    if (configFile !== undefined) this.#log.info(`configuration: ${configFile}`)
    await this.#openStats()
    await this.#path.open()
    await this.#observation.serveMetrics((prefix) => () => this.#metricsText(prefix))
    await this.#control.open(new GivenSockets(this.#options.sockets))
    // Clients come last: what cannot be had of the rest must not end a server that has taken some already.
    this.#clientAddresses = await this.#pool.open()
    this.#state = 'serving'
    this.#log.info('started')
  }

  reload(): void {
    this.#reload('reloading')
  }

  #reload(line: string): void {
    this.#log.info(line)
    this.#pool.reload()
  }

  async stop(): Promise<void> {
    this.#log.info('stopping...')
    await this.close()
    this.#log.info('stopped')
  }

  async close(): Promise<void> {
    this.#state = 'draining'
    await this.#pool.close()
    await this.#control.close()
    await this.#observation.close()
    await this.#path.close()
    for (const task of this.#stopTasks) task()
  }

  async #openStats(): Promise<void> {
    const send = await this.#observation.openStatsSocket()
    if (send === undefined) return
    this.#mergedStats = this.#observation.mergeStats(send)
    this.#relay.watcher = this.#mergedStats
  }

  #onTold(worker: number, subject: string, data: unknown): void {
    if (subject !== WORKER.packet) return
    const { type, fields } = data as { type: PacketType; fields: PacketFields }
    this.#mergedStats?.take(worker, type, fields)
  }

  async #status(): Promise<MergedStatus> {
    const { channelCount } = this.#relay
    const own = this.#observation.status({ channelCount, isDraining: this.#state === 'draining' })
    return mergeStatus(own, { workers: await this.#pool.askAll<ProcessStatus>(WORKER.status), channelCount })
  }

  async #errors(): Promise<readonly Trouble[]> {
    const told = await this.#pool.askAll<readonly Trouble[]>(WORKER.errors)
    return [...this.#observation.errors(), ...told.flat()]
  }

  #adminTargets(directory: HoldDirectory): AdminTargets {
    const { prometheusPrefix } = this.#options.config.handler
    return {
      directory,
      readiness: () => ({
        listening: this.#state !== 'starting',
        bus: this.#path.bus.isUp,
        accepting: this.#state !== 'draining',
      }),
      status: () => this.#status(),
      ...createNodeView(this.#path.askNodes),
      metrics: async () => ({
        type: METRICS_TYPE,
        text: await this.#metricsText(prometheusPrefix),
      }),
      routes: {
        list: () => this.#pool.askOne(WORKER.routes),
        match: (query) => this.#pool.askOne(WORKER.matchRoute, query),
      },
      reload: () => this.reload(),
    }
  }

  async #metricsText(prefix: string): Promise<string> {
    const parts = await this.#pool.askAll<MetricsData>(WORKER.metrics, prefix)
    return mergeMetrics([await this.#observation.metrics(this.#relay, prefix), ...parts])
  }
}
