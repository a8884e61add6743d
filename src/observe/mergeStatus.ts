import type { ProcessStatus } from './status.ts'

/** What a primary says of itself and its workers. */
export type MergedStatus = ProcessStatus & {
  /** What each worker process is like. */
  readonly workers: readonly Pick<ProcessStatus, 'holds' | 'connections' | 'bytesQueued' | 'process'>[]
}

/** Adds the numbers of workers up, and puts those of the primary itself beside them. */
export function mergeStatus(
  own: ProcessStatus,
  { workers, channelCount }: { readonly workers: readonly ProcessStatus[]; readonly channelCount: number },
): MergedStatus {
  const all = [own, ...workers]
  return {
    version: own.version,
    draining: own.draining,
    holds: addUp(
      workers.map(({ holds }) => holds),
      own.holds,
    ),
    connections: sum(workers.map(({ connections }) => connections)),
    channels: channelCount,
    bytesQueued: sum(workers.map(({ bytesQueued }) => bytesQueued)),
    clientsBehind: sum(workers.map(({ clientsBehind }) => clientsBehind)),
    totals: addUp(
      all.map(({ totals }) => totals),
      own.totals,
    ),
    originLatency: mergeLatency(
      workers.map(({ originLatency }) => originLatency),
      own.originLatency,
    ),
    process: own.process,
    routes: mergeRoutes(workers.flatMap(({ routes }) => routes)),
    workers: workers.map(({ holds, connections, bytesQueued, process }) => {
      return { holds, connections, bytesQueued, process }
    }),
  }
}

type Latency = ProcessStatus['originLatency']
type RouteStatus = ProcessStatus['routes'][number]

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Adds records of numbers up that have the same form, however deep. */
function addUp<T>(parts: readonly T[], form: T): T {
  if (typeof form === 'number') return sum(parts as readonly unknown[] as number[]) as T
  const entries = Object.entries(form as Record<string, unknown>).map(([key, value]) => {
    return [
      key,
      addUp(
        parts.map((part) => (part as Record<string, unknown>)[key]),
        value,
      ),
    ]
  })
  return Object.fromEntries(entries) as T
}

/** Percentiles cannot be added up: those of the slowest worker are an upper bound. */
function mergeLatency(parts: readonly Latency[], form: Latency): Latency {
  const worst = (read: (part: Latency) => number | undefined): number | undefined => {
    const known = parts.map(read).filter((value) => value !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }
  return {
    count: sum(parts.map(({ count }) => count)),
    sumSeconds: sum(parts.map(({ sumSeconds }) => sumSeconds)),
    p50: worst(({ p50 }) => p50),
    p90: worst(({ p90 }) => p90),
    p99: worst(({ p99 }) => p99),
    buckets: form.buckets.map(({ upTo }, i) => {
      return { upTo, count: sum(parts.map(({ buckets }) => buckets[i]?.count ?? 0)) }
    }),
  }
}

function mergeRoutes(parts: readonly RouteStatus[]): RouteStatus[] {
  const merged = new Map<string | undefined, RouteStatus>()
  for (const part of parts) {
    const known = merged.get(part.id)
    merged.set(part.id, known === undefined ? part : addRoutes(known, part))
  }
  return [...merged.values()]
}

function addRoutes(a: RouteStatus, b: RouteStatus): RouteStatus {
  return {
    id: a.id,
    connections: a.connections + b.connections,
    minutes: a.minutes + b.minutes,
    sent: a.sent + b.sent,
    activity: a.activity + b.activity,
  }
}
