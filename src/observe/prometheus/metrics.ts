import type { RouteTraffic } from '../../stats/routeTraffic.ts'
import type { Stats } from '../../stats/stats.ts'
import type { ProcessHealth } from '../processHealth.ts'

/** What metrics are taken from. */
export interface MetricSources {
  readonly stats: Stats
  readonly channelCount: () => number
  readonly health: () => ProcessHealth
}

/** One value; `name` where it is not the metric's own. */
export interface Sample {
  readonly name?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** One metric: how it is called and how it is read. Each is explained in docs/metrics.md. */
export interface MetricDeclaration {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  read(sources: MetricSources): readonly Sample[]
}

/** Pushpin's five, in its order and words (operations.md §4.8), and then ours. */
export function declareMetrics(): readonly MetricDeclaration[] {
  return [...pushpinMetrics(), ...itemMetrics(), ...clientMetrics(), ...originMetrics(), ...processMetrics()]
}

type SimpleType = 'counter' | 'gauge'

function single(
  [type, name, help]: readonly [type: SimpleType, name: string, help: string],
  read: (sources: MetricSources) => number,
): MetricDeclaration {
  return { type, name, help, read: (sources) => [{ labels: {}, value: read(sources) }] }
}

/** A metric with one value for each key of a record. */
function labelled(
  [type, name, help, label]: readonly [type: SimpleType, name: string, help: string, label: string],
  read: (sources: MetricSources) => Readonly<Record<string, number>>,
): MetricDeclaration {
  const samples = (sources: MetricSources): Sample[] =>
    Object.entries(read(sources)).map(([key, value]) => ({ labels: { [label]: key }, value }))
  return { type, name, help, read: samples }
}

function pushpinMetrics(): readonly MetricDeclaration[] {
  return [
    single(
      ['counter', 'request_received', 'Number of requests received'],
      ({ stats }) => stats.counters.requests,
    ),
    single(['gauge', 'connection_connected', 'Number of concurrent connections'], ({ stats }) =>
      sum(stats, ({ peakConnections }) => peakConnections),
    ),
    single(['counter', 'connection_minute', 'Number of minutes clients have been connected'], ({ stats }) =>
      sum(stats, ({ minutes }) => minutes),
    ),
    single(
      ['counter', 'message_received', 'Number of messages received by the publish API'],
      ({ stats: { counters } }) => counters.itemsPublished - counters.dropped.duplicate,
    ),
    single(
      ['counter', 'message_sent', 'Number of messages sent to clients'],
      ({ stats }) => stats.counters.deliveries,
    ),
  ]
}

function itemMetrics(): readonly MetricDeclaration[] {
  return [
    {
      type: 'counter',
      name: 'holdfast_items_received_total',
      help: 'Published items by where they came in and what became of them there',
      read: ({ stats }) =>
        Object.entries(stats.counters.received).flatMap(([ingress, counts]) =>
          Object.entries(counts).map(([outcome, value]) => ({ labels: { ingress, outcome }, value })),
        ),
    },
    labelled(
      ['counter', 'holdfast_items_total', 'Published items by what their channel made of them', 'outcome'],
      ({ stats }) => ({ ...stats.counters.outcomes }),
    ),
    labelled(
      ['counter', 'holdfast_dropped_total', 'Deliveries and items that were dropped', 'reason'],
      ({ stats }) => ({ ...stats.counters.dropped }),
    ),
  ]
}

function clientMetrics(): readonly MetricDeclaration[] {
  return [
    labelled(['gauge', 'holdfast_holds', 'Clients that are held', 'kind'], ({ stats: { counters } }) => ({
      response: counters.responseHolds,
      stream: counters.streamHolds,
      socket: counters.socketHolds,
    })),
    single(
      ['gauge', 'holdfast_connections', 'Requests and WebSockets that are open, held or not'],
      ({ stats }) => stats.connections.slots.size,
    ),
    single(['gauge', 'holdfast_channels', 'Channels that are held, or were until lately'], (sources) =>
      sources.channelCount(),
    ),
    single(['gauge', 'holdfast_queued_bytes', 'Bytes that wait for clients to read'], ({ stats }) =>
      stats.connections.bytesQueued(),
    ),
    single(
      ['gauge', 'holdfast_clients_behind', 'Held clients that have not read all that was written'],
      ({ stats }) => stats.connections.behind.size,
    ),
    labelled(
      ['counter', 'holdfast_closed_total', 'Clients that were closed by the server', 'reason'],
      ({ stats }) => ({ ...stats.counters.closed }),
    ),
    {
      type: 'counter',
      name: 'holdfast_client_bytes_total',
      help: 'Bytes of heads and content from and to clients, without framing',
      read: ({ stats }) => byteSamples(stats, 'client'),
    },
  ]
}

function originMetrics(): readonly MetricDeclaration[] {
  return [
    labelled(
      ['counter', 'holdfast_origin_requests_total', 'Requests to origins by how they ended', 'outcome'],
      ({ stats }) => ({ ...stats.counters.origin }),
    ),
    {
      type: 'histogram',
      name: 'holdfast_origin_latency_seconds',
      help: "Time from a request to an origin until the head of the origin's answer",
      read: ({ stats }) => latencySamples(stats),
    },
    {
      type: 'counter',
      name: 'holdfast_origin_bytes_total',
      help: 'Bytes of heads and content from and to origins, without framing',
      read: ({ stats }) => byteSamples(stats, 'server'),
    },
  ]
}

function processMetrics(): readonly MetricDeclaration[] {
  return [
    {
      type: 'summary',
      name: 'holdfast_event_loop_delay_seconds',
      help: 'How late timers fired over the last ten seconds; the quantile 1 is the latest',
      read: ({ health }) => {
        const { p50, p99, max } = health().eventLoopDelay
        const quantiles = [
          [0.5, p50],
          [0.99, p99],
          [1, max],
        ] as const
        return quantiles.map(([quantile, value]) => ({ labels: { quantile }, value }))
      },
    },
    single(
      ['gauge', 'process_resident_memory_bytes', 'Resident memory of the process'],
      ({ health }) => health().residentBytes,
    ),
    single(
      ['gauge', 'nodejs_heap_size_used_bytes', 'Memory in use in the JavaScript heap'],
      ({ health }) => health().heapUsedBytes,
    ),
    single(
      ['gauge', 'nodejs_external_memory_bytes', 'Memory of Buffers and the like, beside the heap'],
      ({ health }) => health().externalBytes,
    ),
    single(
      ['counter', 'process_cpu_seconds_total', 'User and system CPU time'],
      ({ health }) => health().cpuSeconds,
    ),
  ]
}

function sum({ traffic }: Stats, read: (traffic: RouteTraffic) => number): number {
  let total = 0
  for (const route of traffic.all()) total += read(route)
  return total
}

function byteSamples(stats: Stats, side: 'client' | 'server'): Sample[] {
  const directions = ['Received', 'Sent'] as const
  const parts = ['Header', 'Content'] as const
  return directions.flatMap((direction) =>
    parts.map((part) => ({
      labels: { direction: direction.toLowerCase(), part: part.toLowerCase() },
      value: sum(stats, (route) => route[`${side}${part}Bytes${direction}`]),
    })),
  )
}

function latencySamples({ originLatency }: Stats): Sample[] {
  const name = 'holdfast_origin_latency_seconds'
  const { bounds, count, sumSeconds } = originLatency
  const counts = originLatency.cumulative()
  return [
    ...bounds.map((le, i) => ({ name: `${name}_bucket`, labels: { le }, value: counts[i] ?? 0 })),
    { name: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
    { name: `${name}_sum`, labels: {}, value: sumSeconds },
    { name: `${name}_count`, labels: {}, value: count },
  ]
}
