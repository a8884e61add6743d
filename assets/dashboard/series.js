/** Seconds that the plots show. */
const MAX_POINTS = 300

/** Latencies are those of the last seconds: of a single one there may be none. */
const LATENCY_WINDOW = 10

/** Turns snapshots into columns of numbers, the oldest first; `time` in seconds, rates per second. */
export class Series {
  columns = { time: [] }
  #snapshots = []

  /** Adds a snapshot, `{ time, status }`. */
  add(snapshot) {
    const before = this.#snapshots.at(-1)
    this.#snapshots.push(snapshot)
    if (this.#snapshots.length > LATENCY_WINDOW + 1) this.#snapshots.shift()
    // A server that was started anew begins to count from zero.
    if (before !== undefined && before.status.totals.requests > snapshot.status.totals.requests) {
      this.#snapshots = [snapshot]
    }
    const point = { ...levels(snapshot.status), ...this.#rates(), ...this.#latency() }
    this.#push({ time: snapshot.time / 1000, ...point })
  }

  /** The newest number of a column; undefined where there is none. */
  latest(name) {
    return this.columns[name]?.at(-1) ?? undefined
  }

  #push(point) {
    const { columns } = this
    for (const [name, value] of Object.entries(point)) {
      columns[name] ??= []
      columns[name].push(value)
      if (columns[name].length > MAX_POINTS) columns[name].shift()
    }
  }

  #rates() {
    const [before, now] = this.#snapshots.slice(-2)
    if (now === undefined)
      return { published: null, delivered: null, dropped: null, closed: null, asked: null }
    const seconds = Math.max((now.time - before.time) / 1000, 0.001)
    const rate = (read) => Math.max(0, (read(now.status.totals) - read(before.status.totals)) / seconds)
    return {
      published: rate(({ received }) => sum(Object.values(received).map(({ accepted }) => accepted))),
      delivered: rate(({ deliveries }) => deliveries),
      dropped: rate(({ dropped }) => sum(Object.values(dropped))),
      closed: rate(({ closed }) => sum(Object.values(closed))),
      asked: rate(({ requests }) => requests),
    }
  }

  #latency() {
    const first = this.#snapshots[0].status.originLatency
    const last = this.#snapshots.at(-1).status.originLatency
    const counts = last.buckets.map(({ upTo, count }, i) => ({ upTo, count: count - first.buckets[i].count }))
    const total = last.count - first.count
    return {
      p50: quantile(counts, 0.5 * total),
      p90: quantile(counts, 0.9 * total),
      p99: quantile(counts, 0.99 * total),
    }
  }
}

/** What is now. A server of several processes is as slow as the slowest, and as large as all of them. */
function levels({ holds, process, workers = [] }) {
  const processes = [process, ...workers.map((worker) => worker.process)]
  const worst = (read) => Math.max(...processes.map(({ eventLoopDelay }) => read(eventLoopDelay)))
  return {
    streams: holds.stream,
    polls: holds.response,
    sockets: holds.socket,
    resident: sum(processes.map(({ residentBytes }) => residentBytes)),
    heap: sum(processes.map(({ heapUsedBytes }) => heapUsedBytes)),
    loopMedian: worst(({ p50 }) => p50) * 1000,
    loopP99: worst(({ p99 }) => p99) * 1000,
    loopMax: worst(({ max }) => max) * 1000,
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Estimates in milliseconds what so many of the durations stay below; null, a gap in the plot, where there are none. */
function quantile(cumulative, rank) {
  if (rank <= 0) return null
  let [lower, below] = [0, 0]
  for (const { upTo, count } of cumulative) {
    if (count >= rank) return 1000 * (lower + ((upTo - lower) * (rank - below)) / Math.max(count - below, 1))
    lower = upTo
    below = count
  }
  return lower * 1000
}
