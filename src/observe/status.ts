import type { DurationHistogram } from '../stats/histogram.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { Stats } from '../stats/stats.ts'
import type { ProcessHealth } from './processHealth.ts'

/** What is looked at for a status. */
export interface StatusSources {
  readonly version: string
  readonly stats: Stats
  readonly channelCount: number
  readonly health: ProcessHealth
  readonly isDraining: boolean
}

/** What `describeStatus` says. */
export type ProcessStatus = ReturnType<typeof describeStatus>

/**
 * Says all of a server in numbers: what is now, and under `totals` what there has been since it began, so that a caller who
 * asks twice has rates. Plain data.
 */
export function describeStatus({ version, stats, channelCount, health, isDraining }: StatusSources) {
  const { counters, connections, traffic, originLatency } = stats
  const { responseHolds, streamHolds, socketHolds } = counters
  return {
    version,
    draining: isDraining,
    holds: { response: responseHolds, stream: streamHolds, socket: socketHolds },
    connections: connections.slots.size,
    channels: channelCount,
    bytesQueued: connections.bytesQueued(),
    clientsBehind: connections.behind.size,
    totals: {
      requests: counters.requests,
      received: counters.received,
      outcomes: counters.outcomes,
      deliveries: counters.deliveries,
      dropped: counters.dropped,
      closed: counters.closed,
      origin: counters.origin,
    },
    originLatency: describeLatency(originLatency),
    process: health,
    routes: [...traffic.all()].map(describeRoute),
  }
}

function describeLatency(latency: DurationHistogram) {
  return {
    count: latency.count,
    sumSeconds: latency.sumSeconds,
    p50: latency.quantile(0.5),
    p90: latency.quantile(0.9),
    p99: latency.quantile(0.99),
    buckets: latency.cumulative().map((count, i) => ({ upTo: latency.bounds[i], count })),
  }
}

/** Routes that do not name their id stand together, without one. */
function describeRoute({ routeId, connections, minutes, sent, activity }: RouteTraffic) {
  return { id: routeId, connections, minutes, sent, activity }
}
