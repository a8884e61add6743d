import { AggregatorRegistry, type Metric, Registry } from 'prom-client'
import { declareMetrics, type MetricDeclaration, type MetricSources } from './metrics.ts'

/** The media type of the metrics as Prometheus reads them. */
export const METRICS_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE

/** The metrics of one process. */
export interface MetricsPage {
  /** As Prometheus reads them; its media type is METRICS_TYPE. */
  text(): Promise<string>
  /** The same as data, for another process. */
  data(): Promise<MetricsData>
}

/** The metrics of one process as data. */
export type MetricsData = readonly unknown[]

/** Makes the page of all metrics; `prefix` stands before every name. Pushpin: `prometheus_prefix`. */
export function createMetricsPage(sources: MetricSources, prefix: string): MetricsPage {
  const registry = new Registry()
  for (const declaration of declareMetrics()) register(registry, sources, { declaration, prefix })
  return {
    text: () => registry.metrics(),
    data: () => registry.getMetricsAsJSON(),
  }
}

/** Adds the metrics of several processes up, into text of METRICS_TYPE. */
export function mergeMetrics(parts: readonly MetricsData[]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts] as object[]).metrics()
}

/**
 * The numbers are kept elsewhere and only read for the page: what prom-client writes is told by the one method that it
 * asks its own metrics, which its types do not say of others.
 */
function register(
  registry: Registry,
  sources: MetricSources,
  { declaration, prefix }: { readonly declaration: MetricDeclaration; readonly prefix: string },
): void {
  const { help, type } = declaration
  const name = prefix + declaration.name
  const metric = {
    name,
    help,
    type,
    get: async () => ({
      name,
      help,
      type,
      aggregator: 'sum',
      values: declaration.read(sources).map((sample) => ({
        labels: sample.labels,
        value: sample.value,
        metricName: prefix + (sample.name ?? declaration.name),
      })),
    }),
  }
  registry.registerMetric(metric as unknown as Metric)
}
