import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, Timer } from '../edges/clock.ts'

/** How long the event loop kept timers waiting, in seconds, over the last whole period. */
export interface EventLoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What the process itself is like. */
export interface ProcessHealth {
  readonly uptimeSeconds: number
  /** User and system time. */
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  /** Memory of Buffers and the like, beside the heap. */
  readonly externalBytes: number
  readonly eventLoopDelay: EventLoopDelay
}

/** How often a timer is set to see how late it fires. */
const RESOLUTION_MS = 20

/** The delays of a period are looked at together: long enough for a 99th percentile of 500 samples. */
const PERIOD_MS = 10_000

const NANOSECONDS = 1e9

/** Watches the process that it is in. */
export class ProcessProbe {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #rolling: Timer
  #lastPeriod: EventLoopDelay | undefined

  constructor(clock: Clock) {
    this.#delays.enable()
    this.#rolling = clock.every(PERIOD_MS, () => this.#roll())
  }

  read(): ProcessHealth {
    const { rss, heapUsed, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return {
      uptimeSeconds: Math.round(process.uptime() * 10) / 10,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      eventLoopDelay: this.#lastPeriod ?? this.#current(),
    }
  }

  stop(): void {
    this.#delays.disable()
    this.#rolling.cancel()
  }

  #roll(): void {
    this.#lastPeriod = this.#current()
    this.#delays.reset()
  }

  #current(): EventLoopDelay {
    const delays = this.#delays
    if (delays.count === 0) return { p50: 0, p99: 0, max: 0 }
    return {
      p50: lateness(delays.percentile(50)),
      p99: lateness(delays.percentile(99)),
      max: lateness(delays.max),
    }
  }
}

/** Node tells how long the timer took, its own interval included. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000)
}
