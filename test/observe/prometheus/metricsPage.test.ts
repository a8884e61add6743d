import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { declareMetrics, type MetricSources } from '../../../src/observe/prometheus/metrics.ts'
import { createMetricsPage } from '../../../src/observe/prometheus/metricsPage.ts'
import { createStats } from '../../../src/stats/stats.ts'
import { openTestConnection } from '../../support/connections.ts'

function createSources() {
  const stats = createStats('test')
  const sources: MetricSources = {
    stats,
    channelCount: () => 3,
    health: () => ({
      uptimeSeconds: 1,
      cpuSeconds: 0.5,
      residentBytes: 1000,
      heapUsedBytes: 500,
      externalBytes: 50,
      eventLoopDelay: { p50: 0.001, p99: 0.01, max: 0.1 },
    }),
  }
  return { stats, sources }
}

/** The lines of values, by what stands before the value. */
async function valuesOf(sources: MetricSources, prefix = ''): Promise<ReadonlyMap<string, number>> {
  const text = await createMetricsPage(sources, prefix).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

describe('the page of metrics', () => {
  it('begins with those of Pushpin, in its words and order', async () => {
    const text = await createMetricsPage(createSources().sources, '').text()
    expect(
      text
        .split('\n')
        .filter((line) => line !== '')
        .slice(0, 15),
    ).toEqual([
      '# HELP request_received Number of requests received',
      '# TYPE request_received counter',
      'request_received 0',
      '# HELP connection_connected Number of concurrent connections',
      '# TYPE connection_connected gauge',
      'connection_connected 0',
      '# HELP connection_minute Number of minutes clients have been connected',
      '# TYPE connection_minute counter',
      'connection_minute 0',
      '# HELP message_received Number of messages received by the publish API',
      '# TYPE message_received counter',
      'message_received 0',
      '# HELP message_sent Number of messages sent to clients',
      '# TYPE message_sent counter',
      'message_sent 0',
    ])
  })

  it('shows the numbers of the moment, of all routes together', async () => {
    const { stats, sources } = createSources()
    const { counters, traffic, connections } = stats
    counters.requests = 7
    counters.itemsPublished = 5
    counters.dropped.duplicate = 1
    counters.deliveries = 40
    counters.received.pull.invalid = 2
    counters.streamHolds = 4
    const own = traffic.of({ id: 'own', hasExplicitId: true })
    openTestConnection(connections, { traffic: own })
    openTestConnection(connections, { traffic: traffic.of(undefined) })
    own.clientContentBytesSent = 10
    traffic.of(undefined).clientContentBytesSent = 20
    const values = await valuesOf(sources)
    expect(Object.fromEntries(values)).toMatchObject({
      request_received: 7,
      connection_connected: 2,
      connection_minute: 2,
      message_received: 4,
      message_sent: 40,
      'holdfast_items_received_total{ingress="pull",outcome="invalid"}': 2,
      'holdfast_holds{kind="stream"}': 4,
      holdfast_connections: 2,
      holdfast_channels: 3,
      'holdfast_client_bytes_total{direction="sent",part="content"}': 30,
      'holdfast_event_loop_delay_seconds{quantile="0.99"}': 0.01,
      process_resident_memory_bytes: 1000,
    })
  })

  it('shows latency as a histogram: counts up to each bound, all of them, and the sum', async () => {
    const { stats, sources } = createSources()
    stats.originLatency.observe(3)
    stats.originLatency.observe(90_000)
    const values = await valuesOf(sources)
    const name = 'holdfast_origin_latency_seconds'
    expect(values.get(`${name}_bucket{le="0.002"}`)).toBe(0)
    expect(values.get(`${name}_bucket{le="0.005"}`)).toBe(1)
    expect(values.get(`${name}_bucket{le="60"}`)).toBe(1)
    expect(values.get(`${name}_bucket{le="+Inf"}`)).toBe(2)
    expect(values.get(`${name}_count`)).toBe(2)
    expect(values.get(`${name}_sum`)).toBeCloseTo(90.003)
  })

  it('puts the prefix before every name', async () => {
    const values = await valuesOf(createSources().sources, 'edge_')
    expect([...values.keys()].filter((name) => !name.startsWith('edge_'))).toEqual([])
    expect(values.has('edge_request_received')).toBe(true)
    expect(values.has('edge_holdfast_origin_latency_seconds_count')).toBe(true)
  })
})

describe('docs/metrics.md', () => {
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram|summary) \| (.*?) ?\| /gm)]
  const listed = rows.map(([, name, type, labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }))
  const { sources } = createSources()

  it('lists every metric with its type and labels, in order, and no other', () => {
    const declared = declareMetrics().map((metric) => ({
      name: metric.name,
      type: metric.type,
      labels: Object.keys(metric.read(sources)[0]?.labels ?? {}),
    }))
    expect(listed).toEqual(declared)
  })

  it.each(declareMetrics().map((metric) => [metric.name, metric] as const))(
    'names every value that the labels of %s can have',
    (name, metric) => {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      const words = metric.read(sources).flatMap(({ labels }) => Object.values(labels))
      for (const word of words.filter((value) => typeof value === 'string' && value !== '+Inf')) {
        expect(row).toContain(`\`${word}\``)
      }
    },
  )
})
