import type { Clock } from '../../edges/clock.ts'
import type { PublishItem } from '../../grip/publishItem.ts'
import { ItemFeed } from '../../stats/feeds/itemFeed.ts'
import type { PacketFields, PacketSink, PacketType } from '../../stats/feeds/packet.ts'
import { ReportSums } from '../../stats/feeds/reportSums.ts'
import { SubscriptionFeed } from '../../stats/feeds/subscriptionFeed.ts'
import { SubscriptionSums } from '../../stats/feeds/subscriptionSums.ts'

/** What is told, how often, and by whom. */
export interface MergedStatsOptions {
  readonly clock: Clock
  readonly send: PacketSink
  readonly subscriptionTtlSeconds: number
  readonly subscriptionLingerMs: number
  /** 0: no reports. */
  readonly reportIntervalSeconds: number
  readonly messageBlockBytes: number | undefined
}

const SECOND_MS = 1000

/**
 * Makes one telling of what workers tell each by itself: whoever listens takes all for one server. Subscriptions and reports are added up;
 * counts of activity, requests and deliveries say what has been added anyway, and connections are in one worker each.
 */
export class MergedStats {
  readonly #send: PacketSink
  readonly #items: ItemFeed
  readonly #sums: SubscriptionSums
  readonly #reports: ReportSums
  readonly #stopTasks: (() => void)[]

  constructor(options: MergedStatsOptions) {
    const { clock, send } = options
    this.#send = send
    this.#items = new ItemFeed(send, options.messageBlockBytes)
    const subscriptions = new SubscriptionFeed({
      send,
      ttlSeconds: options.subscriptionTtlSeconds,
      lingerMs: options.subscriptionLingerMs,
    })
    this.#sums = new SubscriptionSums((channel, hold) => subscriptions.update(channel, hold, clock.now()))
    this.#reports = new ReportSums({ send, items: () => this.#items, nowMs: clock.now() })
    const seconds = clock.every(SECOND_MS, () => subscriptions.tick(clock.now()))
    this.#stopTasks = [() => seconds.cancel()]
    const { reportIntervalSeconds: interval } = options
    if (interval === 0) return
    const periods = clock.every(interval * SECOND_MS, () => this.#reports.report(clock.now()))
    this.#stopTasks.push(() => periods.cancel())
  }

  /** Takes a packet of a worker. */
  take(worker: number, type: PacketType, fields: PacketFields): void {
    if (type === 'sub') this.#sums.take(worker, fields)
    else if (type === 'report') this.#reports.take(worker, fields)
    else this.#send(type, fields)
  }

  /** An item was taken that is no duplicate. */
  onAccepted(item: PublishItem): void {
    this.#items.accepted(item)
  }

  /** A worker has ended. */
  gone(worker: number): void {
    this.#sums.gone(worker)
    this.#reports.gone(worker)
  }

  stop(): void {
    for (const stop of this.#stopTasks) stop()
  }
}
