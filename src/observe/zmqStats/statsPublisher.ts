import type { Clock } from '../../edges/clock.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import type { Channel, HubWatcher } from '../../hub/hold.ts'
import type { Hub } from '../../hub/hub.ts'
import type { HoldKind } from '../../stats/connections.ts'
import { ActivityFeed } from '../../stats/feeds/activityFeed.ts'
import { ConnectionFeed } from '../../stats/feeds/connectionFeed.ts'
import { ItemFeed } from '../../stats/feeds/itemFeed.ts'
import type { PacketSink } from '../../stats/feeds/packet.ts'
import { ReportFeed } from '../../stats/feeds/reportFeed.ts'
import { SubscriptionFeed } from '../../stats/feeds/subscriptionFeed.ts'
import type { Stats } from '../../stats/stats.ts'

/** What statistics are told of, and how. See the options of the same names in `docs/configuration.md`. */
export interface StatsPublisherOptions {
  readonly stats: Stats
  readonly hub: Hub
  readonly clock: Clock
  readonly send: PacketSink
  readonly sendsConnections: boolean
  readonly connectionTtlSeconds: number
  readonly subscriptionTtlSeconds: number
  readonly subscriptionLingerMs: number
  readonly messageBlockBytes: number | undefined
}

/** Pushpin tells of activity 100 ms after its first sign. */
const ACTIVITY_MS = 100

const SECOND_MS = 1000

/** Tells all that happens as Pushpin's statistics do. Pushpin: operations.md §4. */
export class StatsPublisher implements HubWatcher {
  readonly #clock: Clock
  readonly #subscriptions: SubscriptionFeed
  readonly #items: ItemFeed
  readonly #reports: ReportFeed
  readonly #stopTasks: (() => void)[]

  constructor(options: StatsPublisherOptions) {
    const { stats, hub, clock, send } = options
    this.#clock = clock
    this.#items = new ItemFeed(send, options.messageBlockBytes)
    this.#subscriptions = new SubscriptionFeed({
      send,
      ttlSeconds: options.subscriptionTtlSeconds,
      lingerMs: options.subscriptionLingerMs,
    })
    this.#reports = new ReportFeed(stats.traffic, { items: () => this.#items, send, nowMs: clock.now() })
    const activity = new ActivityFeed(stats, send)
    const connections = new ConnectionFeed(stats.connections, {
      send,
      ttlSeconds: options.connectionTtlSeconds,
    })
    hub.watcher = this
    if (options.sendsConnections) stats.connections.watcher = connections
    const timers = [
      clock.every(ACTIVITY_MS, () => activity.tick()),
      clock.every(SECOND_MS, () => this.#subscriptions.tick(clock.now())),
      ...(options.sendsConnections ? [clock.every(SECOND_MS, () => connections.tick())] : []),
    ]
    this.#stopTasks = [
      ...timers.map((timer) => () => timer.cancel()),
      () => {
        hub.watcher = undefined
        stats.connections.watcher = undefined
      },
    ]
  }

  onHoldJoined(channel: Channel, kind: HoldKind): void {
    this.#count(channel, kind)
  }

  onHoldLeft(channel: Channel, kind: HoldKind): void {
    this.#count(channel, kind)
  }

  onAccepted(item: PublishItem): void {
    this.#items.accepted(item)
  }

  onFanned(item: PublishItem, channel: Channel): void {
    this.#items.fanned(item, channel)
  }

  /** A period is over; to be called before the peaks of the routes are restarted. */
  report(): void {
    this.#reports.report(this.#clock.now())
  }

  stop(): void {
    for (const stop of this.#stopTasks) stop()
  }

  #count(channel: Channel, kind: HoldKind): void {
    this.#subscriptions.update(channel.name, { kind, count: countOf(channel, kind) }, this.#clock.now())
  }
}

function countOf(channel: Channel, kind: HoldKind): number {
  if (kind === 'stream') return channel.streamHolds
  return kind === 'socket' ? channel.socketHolds : channel.responseHolds
}
