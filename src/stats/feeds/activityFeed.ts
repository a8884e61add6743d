import type { RouteTraffic } from '../routeTraffic.ts'
import type { Stats } from '../stats.ts'
import type { PacketSink } from './packet.ts'

/** Tells how much each route was used since it told last, and how many requests came. Pushpin: operations.md §4.2. */
export class ActivityFeed {
  readonly #stats: Stats
  readonly #send: PacketSink
  readonly #told = new Map<RouteTraffic, number>()
  #toldRequests = 0

  constructor(stats: Stats, send: PacketSink) {
    this.#stats = stats
    this.#send = send
  }

  /** To be called every 100 ms; says nothing where nothing happened. */
  tick(): void {
    for (const traffic of this.#stats.traffic.all()) {
      const count = traffic.activity - (this.#told.get(traffic) ?? 0)
      if (count === 0) continue
      this.#told.set(traffic, traffic.activity)
      this.#send('activity', { count, route: traffic.routeId })
    }
    const { requests } = this.#stats.counters
    if (requests === this.#toldRequests) return
    this.#send('counts', { 'requests-received': requests - this.#toldRequests })
    this.#toldRequests = requests
  }
}
