/** Publishes to held streams or WebSockets and accounts for every delivery, in a closed loop or at a fixed rate. */
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../stats.mjs'
import { Ledger } from './ledger.mjs'
import { encodePayload } from './marker.mjs'
import { cpuMicros, Meter } from './meter.mjs'
import { Publisher } from './publisher.mjs'
import { protocols, StreamClients } from './streams.mjs'

const CHANNEL = 'bench'
const SETTLE_MS = 300
const PROBE_MS = 2_000
const MAX_PROBES = 10
const GIVE_UP_MS = 10_000
const TICK_MS = 20

/**
 * Holds `clients` streams, or WebSockets where `protocol` says so, and publishes items of `size` bytes for `secs`: with `window` items under way at a time, or
 * `rate` items a second, over `publishers` connections (1) with one call under way each. A closed loop of `warmSecs` before it warms the server up and is not counted.
 */
export async function fanOut(options) {
  const run = new FanOut(options)
  await run.fill()
  await run.probe()
  await run.closedLoop(options.window ?? 1, options.warmSecs * 1000)
  await run.drain()
  return await run.measure()
}

class FanOut {
  #options
  #meter
  #publishers
  #ledger
  #group
  /** Called when an item has reached everybody, and when a publisher has become free. */
  #onProgress = () => {}

  constructor(options) {
    const { port, publish, publishers, roots, clients, size } = options
    const protocol = protocols[options.protocol ?? 'stream']
    this.#options = options
    this.#meter = new Meter(roots)
    this.#publishers = Array.from({ length: publishers ?? 1 }, () => new Publisher(publish))
    this.#ledger = new Ledger(clients, this.#publishers.length)
    this.#group = new StreamClients({
      port,
      protocol,
      pathOf: () => protocol.path(CHANNEL),
      payloadBytes: size,
      onNumber: (index, number) => this.#ledger.arrived(index, number) && this.#onProgress(),
    })
    for (const publisher of this.#publishers) publisher.onFree = () => this.#onProgress()
  }

  async fill() {
    const { clients, inflight } = this.#options
    await this.#group.fill({ count: clients, inflight })
    if (this.#group.counts.held === 0)
      throw new Error(`no stream was held: ${JSON.stringify(this.#group.counts)}`)
    await sleep(SETTLE_MS)
  }

  /** Publishes until one item reaches everybody: a server may take a moment to wire up its last subscribers. */
  async probe() {
    for (let tries = 0; tries < MAX_PROBES; tries++) {
      this.#begin()
      this.#publish(0)
      await this.#arrivals(PROBE_MS)
      if (this.#ledger.outstanding === 0) return
    }
    throw new Error(`no probe reached all of ${this.#group.counts.held} streams`)
  }

  async closedLoop(window, durationMs) {
    let running = true
    const pump = () => {
      while (running && this.#ledger.outstanding < window) {
        const lane = this.#publishers.findIndex(({ free }) => free)
        if (lane < 0) return
        this.#publish(lane)
      }
    }
    this.#onProgress = pump
    pump()
    for (const end = performance.now() + durationMs; performance.now() < end; await sleep(TICK_MS)) {
      this.#ledger.giveUp(GIVE_UP_MS)
      pump()
    }
    running = false
  }

  async openLoop(rate, durationMs) {
    const start = performance.now()
    for (let count = 0; performance.now() - start < durationMs; count++) {
      const dueIn = start + (count * 1000) / rate - performance.now()
      if (dueIn > 0) await sleep(dueIn)
      this.#publish(0)
    }
  }

  /** Waits for what is under way. */
  async drain() {
    await this.#arrivals(GIVE_UP_MS)
  }

  async measure() {
    const { window, rate, secs } = this.#options
    this.#begin()
    this.#ledger.keepLatencies = rate !== undefined
    const before = { ended: this.#group.counts.ended, errors: this.#publishErrors() }
    this.#meter.start()
    if (rate === undefined) await this.closedLoop(window, secs * 1000)
    else await this.openLoop(rate, secs * 1000)
    await this.drain()
    return this.#result(this.#meter.stop(), before)
  }

  async #arrivals(timeoutMs) {
    const end = performance.now() + timeoutMs
    while (this.#ledger.outstanding > 0 && performance.now() < end) await sleep(TICK_MS)
  }

  #begin() {
    const { held, ended } = this.#group.counts
    this.#ledger.begin(held - ended)
  }

  #publish(lane) {
    const number = this.#ledger.add(lane)
    const payload = encodePayload(number, this.#options.size)
    const onSent = (now) => this.#ledger.sent(number, now)
    if (this.#options.protocol === 'socket') this.#publishers[lane].message(CHANNEL, payload, onSent)
    else this.#publishers[lane].stream(CHANNEL, payload, onSent)
  }

  #publishErrors() {
    return this.#publishers.reduce((sum, { errors }) => sum + errors, 0)
  }

  #result(measured, before) {
    const { counts, published, missing, latencies, completions } = this.#ledger
    const { held, ended, hung, bad, refused, untried } = this.#group.counts
    return {
      ...measured,
      ...counts,
      held,
      notHeld: hung + bad + refused + untried,
      published,
      missing,
      ended: ended - before.ended,
      publishErrors: this.#publishErrors() - before.errors,
      cpuUsPerDelivery: cpuMicros(measured, counts.deliveries),
      cpuUsPerPublish: cpuMicros(measured, published),
      deliveriesPerSec: counts.deliveries / measured.secs,
      latencyP50Ms: percentile(latencies, 0.5),
      latencyP99Ms: percentile(latencies, 0.99),
      completeP50Ms: percentile(completions, 0.5),
      completeP99Ms: percentile(completions, 0.99),
    }
  }
}
