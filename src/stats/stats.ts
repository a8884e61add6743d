import { ConnectionTable } from './connections.ts'
import { type Counters, createCounters } from './counters.ts'
import { DurationHistogram } from './histogram.ts'
import { TrafficTable } from './routeTraffic.ts'

/** All that a process knows of what it does. */
export interface Stats {
  readonly counters: Counters
  readonly traffic: TrafficTable
  readonly connections: ConnectionTable
  /** From asking an origin to the head of its answer. */
  readonly originLatency: DurationHistogram
}

/** Creates statistics, all zero; `prefix` begins the ids of connections. */
export function createStats(prefix: string): Stats {
  const traffic = new TrafficTable()
  return {
    counters: createCounters(),
    traffic,
    connections: new ConnectionTable({ prefix, traffic }),
    originLatency: new DurationHistogram(),
  }
}
