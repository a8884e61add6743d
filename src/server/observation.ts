import { randomBytes } from 'node:crypto'
import type { NodeFacts } from '../cluster/nodeAnswer.ts'
import type { Config } from '../config/config.ts'
import { formatMetricsPlace } from '../config/metricsPlace.ts'
import type { PublishBus } from '../edges/bus.ts'
import type { Clock } from '../edges/clock.ts'
import type { HoldDirectory } from '../edges/directory.ts'
import type { Log } from '../edges/log.ts'
import type { HoldEnvironment } from '../hold/holdEnvironment.ts'
import type { Hub } from '../hub/hub.ts'
import type { AdminTargets, RouteTargets } from '../ingress/admin/adminTargets.ts'
import { ProcessProbe } from '../observe/processHealth.ts'
import type { MetricSources } from '../observe/prometheus/metrics.ts'
import { createMetricsPage, METRICS_TYPE, type MetricsData } from '../observe/prometheus/metricsPage.ts'
import { type MetricsServer, serveMetrics } from '../observe/prometheus/metricsServer.ts'
import { RecentTrouble, type Trouble } from '../observe/recentTrouble.ts'
import { describeStatus, type ProcessStatus } from '../observe/status.ts'
import { MergedStats } from '../observe/zmqStats/mergedStats.ts'
import { StatsPublisher } from '../observe/zmqStats/statsPublisher.ts'
import { StatsSocket } from '../observe/zmqStats/statsSocket.ts'
import type { PacketSink } from '../stats/feeds/packet.ts'
import { restartPeak } from '../stats/routeTraffic.ts'
import { createStats, type Stats } from '../stats/stats.ts'
import { loadConfiguredZeroMq } from './configuredZeroMq.ts'
import { type AskNodes, createNodeView } from './nodeView.ts'
import { packageVersion } from './packageVersion.ts'

/** What the admin API needs of a server beside what is observed. */
export interface SteeredServer {
  readonly holds: HoldEnvironment
  readonly bus: PublishBus
  readonly directory: HoldDirectory
  readonly facts: NodeFacts
  readonly askNodes: AskNodes
  readonly routes: RouteTargets
  readonly isListening: () => boolean
  readonly reload: () => void
}

/** All by which a server is looked at from outside: numbers, metrics, admin API. */
export class Observation {
  readonly stats: Stats = createStats(instanceName())
  readonly #config: Config
  readonly #log: Log
  readonly #clock: Clock
  readonly #trouble = new RecentTrouble()
  readonly #probe: ProcessProbe
  #publisher: StatsPublisher | undefined
  readonly #stopTasks: (() => void | Promise<void>)[] = []

  constructor(config: Config, { log, clock }: { readonly log: Log; readonly clock: Clock }) {
    this.#config = config
    this.#clock = clock
    this.#log = this.#trouble.watch(log)
    this.#probe = new ProcessProbe(clock)
    this.#countTime()
  }

  /** The log by which the server is to write, so that what goes wrong can be asked for. */
  get log(): Log {
    return this.#log
  }

  /** Opens the ports for metrics and statistics. Throws LISTEN_FAILED and ZEROMQ_UNAVAILABLE. */
  async listen(holds: HoldEnvironment): Promise<void> {
    const send = await this.openStatsSocket()
    if (send !== undefined) this.publishStats(holds.hub, send)
    await this.serveMetrics((prefix) => createMetricsPage(this.#sources(holds), prefix).text)
  }

  /** Opens the ports for metrics, whose text `readerFor` knows how to read. Throws LISTEN_FAILED. */
  async serveMetrics(readerFor: (prefix: string) => () => Promise<string>): Promise<void> {
    const { handler, proxy } = this.#config
    for (const { prometheusPort: place, prometheusPrefix } of [handler, proxy]) {
      if (place === undefined) continue
      const server: MetricsServer = await serveMetrics({
        place,
        text: readerFor(prometheusPrefix),
        log: this.#log,
      })
      this.#stopTasks.push(() => server.close())
      const shown = 'path' in place ? place : { ...place, port: server.port ?? place.port }
      this.#log.info(`metrics on ${formatMetricsPlace(shown)}`)
    }
  }

  /** What the admin API of the server works with. */
  adminTargets(server: SteeredServer): AdminTargets {
    const { holds, bus, directory, facts, askNodes, routes, isListening, reload } = server
    const page = createMetricsPage(this.#sources(holds), this.#config.handler.prometheusPrefix)
    return {
      directory,
      readiness: () => ({ listening: isListening(), bus: bus.isUp, accepting: !holds.isDraining }),
      status: facts.status,
      ...createNodeView(askNodes),
      metrics: async () => ({ type: METRICS_TYPE, text: await page.text() }),
      routes,
      reload,
    }
  }

  /** Says all of this process in numbers. */
  status(state: { readonly channelCount: number; readonly isDraining: boolean }): ProcessStatus {
    const [version, health] = [packageVersion(), this.#probe.read()]
    return describeStatus({ version, stats: this.stats, health, ...state })
  }

  /** The last warnings and errors of this process. */
  errors(): readonly Trouble[] {
    return this.#trouble.list()
  }

  /** The metrics of this process as data, which `mergeMetrics` adds to those of others. */
  metrics(hub: Pick<Hub, 'channelCount'>, prefix: string): Promise<MetricsData> {
    return createMetricsPage(this.#sources({ hub }), prefix).data()
  }

  async close(): Promise<void> {
    for (const stop of this.#stopTasks) await stop()
    this.#probe.stop()
  }

  #sources({ hub }: { readonly hub: Pick<Hub, 'channelCount'> }): MetricSources {
    return { stats: this.stats, channelCount: () => hub.channelCount, health: () => this.#probe.read() }
  }

  /** Opens the socket for statistics, where one can be had. Throws ZEROMQ_UNAVAILABLE and LISTEN_FAILED. */
  async openStatsSocket(): Promise<PacketSink | undefined> {
    const { handler } = this.#config
    const zeroMq = await loadConfiguredZeroMq(this.#config, { keys: ['stats_spec'], log: this.#log })
    if (zeroMq === undefined || handler.statsSpec === undefined) return undefined
    const socket = await StatsSocket.open(zeroMq, {
      spec: handler.statsSpec,
      ipcFileMode: handler.ipcFileMode,
      format: handler.statsFormat,
      from: `holdfast_${process.pid}`,
      log: this.#log,
    })
    this.#stopTasks.push(() => socket.close())
    this.#log.info(`ZeroMQ: statistics at ${handler.statsSpec}`)
    return (type, fields) => socket.send(type, fields)
  }

  /**
   * Tells of all that happens in this process. A worker tells at once that the last long poll of a channel is gone: the next one may
   * come to another worker.
   */
  publishStats(hub: Hub, send: PacketSink, { isWorker = false } = {}): void {
    const { global, handler } = this.#config
    const publisher = new StatsPublisher({
      stats: this.stats,
      hub,
      clock: this.#clock,
      send,
      sendsConnections: global.statsConnectionSend,
      connectionTtlSeconds: global.statsConnectionTtlSeconds,
      subscriptionTtlSeconds: handler.statsSubscriptionTtlSeconds,
      subscriptionLingerMs: isWorker ? 0 : handler.subscriptionLingerSeconds * 1000,
      messageBlockBytes: handler.messageBlockBytes,
    })
    this.#publisher = publisher
    this.#stopTasks.unshift(() => publisher.stop())
  }

  /** Makes one telling of what workers tell. */
  mergeStats(send: PacketSink): MergedStats {
    const { handler } = this.#config
    const merged = new MergedStats({
      clock: this.#clock,
      send,
      subscriptionTtlSeconds: handler.statsSubscriptionTtlSeconds,
      subscriptionLingerMs: handler.subscriptionLingerSeconds * 1000,
      reportIntervalSeconds: handler.statsReportIntervalSeconds,
      messageBlockBytes: handler.messageBlockBytes,
    })
    this.#stopTasks.unshift(() => merged.stop())
    return merged
  }

  #countTime(): void {
    const { traffic } = this.stats
    const seconds = this.#clock.every(1000, () => traffic.tick())
    this.#stopTasks.push(() => seconds.cancel())
    const { statsReportIntervalSeconds: interval } = this.#config.handler
    if (interval === 0) return
    const periods = this.#clock.every(interval * 1000, () => {
      this.#publisher?.report()
      for (const route of traffic.all()) restartPeak(route)
    })
    this.#stopTasks.push(() => periods.cancel())
  }
}

/** Begins the ids of this process's connections, which may stand beside those of other processes. */
function instanceName(): string {
  return randomBytes(4).toString('hex')
}
