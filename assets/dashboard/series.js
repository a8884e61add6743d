import { answering, processesOf, ratesOf, sum, total } from './nodes.js'

/** Seconds that the plots show. */
const MAX_POINTS = 300

/** Latencies are those of the last seconds: of a single one there may be none. */
const LATENCY_WINDOW = 10

/** Turns snapshots into columns of numbers, the oldest first; `time` in seconds, rates per second, of all nodes together. */
export class Series {
  columns = { time: [] }
  #snapshots = []

  /** Adds a snapshot, `{ time, nodes }`, and answers the rates of its nodes by their ids. */
  add(snapshot) {
    this.#snapshots.push(snapshot)
    if (this.#snapshots.length > LATENCY_WINDOW + 1) this.#snapshots.shift()
    const rates = this.#rates()
    const point = { ...levels(snapshot.nodes), ...addUp([...rates.values()]), ...this.#latency() }
    this.#push({ time: snapshot.time / 1000, ...point })
    return rates
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
    const [before, now] =
      this.#snapshots.length > 1 ? this.#snapshots.slice(-2) : [undefined, this.#snapshots[0]]
    const seconds = before === undefined ? 0 : (now.time - before.time) / 1000
    return new Map(now.nodes.map((node) => [node.id, ratesOf(node, sameNode(node, before), seconds)]))
  }

  #latency() {
    const [first, last] = [this.#snapshots[0], this.#snapshots.at(-1)]
    const pairs = answering(last.nodes).flatMap((node) => {
      const before = sameNode(node, first)
      return before?.answers ? [[before.status.originLatency, node.status.originLatency]] : []
    })
    const bounds = pairs[0]?.[1].buckets.map(({ upTo }) => upTo) ?? []
    const counts = bounds.map((upTo, i) => ({ upTo, count: since(pairs, ({ buckets }) => buckets[i].count) }))
    const asked = since(pairs, ({ count }) => count)
    return {
      p50: quantile(counts, 0.5 * asked),
      p90: quantile(counts, 0.9 * asked),
      p99: quantile(counts, 0.99 * asked),
    }
  }
}

function sameNode({ id }, snapshot) {
  return snapshot?.nodes.find((node) => node.id === id)
}

/** What has come since, at all nodes; one that was started anew has begun at zero. */
function since(pairs, read) {
  return sum(pairs.map(([before, now]) => Math.max(0, read(now) - read(before))))
}

/** Nulls, which are gaps in the plot, where no node has a rate. */
function addUp(rates) {
  const known = rates.filter(({ published }) => published !== null)
  const add = (name) => (known.length === 0 ? null : sum(known.map((rate) => rate[name])))
  return Object.fromEntries(['published', 'delivered', 'dropped', 'closed'].map((name) => [name, add(name)]))
}

/** What is now. Several processes are as slow as the slowest, and as large as all of them. */
function levels(nodes) {
  const processes = answering(nodes).flatMap(({ status }) => processesOf(status))
  const worst = (read) => Math.max(0, ...processes.map(({ eventLoopDelay }) => read(eventLoopDelay)))
  return {
    streams: total(nodes, ({ holds }) => holds.stream),
    polls: total(nodes, ({ holds }) => holds.response),
    sockets: total(nodes, ({ holds }) => holds.socket),
    resident: sum(processes.map(({ residentBytes }) => residentBytes)),
    heap: sum(processes.map(({ heapUsedBytes }) => heapUsedBytes)),
    loopMedian: worst(({ p50 }) => p50) * 1000,
    loopP99: worst(({ p99 }) => p99) * 1000,
    loopMax: worst(({ max }) => max) * 1000,
  }
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
