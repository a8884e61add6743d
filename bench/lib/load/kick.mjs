/** Ends single streams by their private channel, and checks that nobody else's stream ends. */
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../stats.mjs'
import { cpuMicros, Meter } from './meter.mjs'
import { Publisher } from './publisher.mjs'
import { StreamClients } from './streams.mjs'

const TICK_MS = 5
const LOST_MS = 2_000
const PUBLISHERS = 4

/**
 * Holds `clients` streams, each on the channel `all` and on one of its own, and closes one at a time: first `rate` a
 * second for `secs` (the latency), then for `secs` as many as go with `window` under way (the capacity). A client that
 * was kicked connects again at once.
 */
export async function kick({ port, publish, roots, clients, rate, window, secs }) {
  const run = new Kick({ port, publish })
  await run.fill(clients)
  await run.paced(rate, 1_000)
  const meter = new Meter(roots)
  run.reset()
  meter.start()
  await run.paced(rate, secs * 1000)
  const paced = run.result(meter.stop())
  run.reset()
  meter.start()
  await run.flatOut(window, secs * 1000)
  const flatOut = run.result(meter.stop())
  return {
    ...paced,
    capacity: flatOut,
    kicksPerSec: flatOut.kicked / flatOut.secs,
    lost: paced.lost + flatOut.lost,
    bystanders: paced.bystanders + flatOut.bystanders,
    publishErrors: flatOut.publishErrors,
    notHeld: flatOut.notHeld,
  }
}

class Kick {
  /** When the close of a client was asked for, by its index. */
  #underWay = new Map()
  /** Kicks that were given up: their clients may still be closed late, and are no bystanders. */
  #late = new Set()
  #group
  #publishers
  #cursor = 0
  #latencies = []
  #lost = 0
  #bystanders = 0
  #onEnded = () => {}

  constructor({ port, publish }) {
    this.#publishers = Array.from({ length: PUBLISHERS }, () => new Publisher(publish))
    this.#group = new StreamClients({
      port,
      payloadBytes: 0,
      pathOf: (index) => `/stream?c=all,user-${index}`,
      onEnded: (index) => this.#ended(index),
    })
  }

  async fill(clients) {
    await this.#group.fill({ count: clients, inflight: 32 })
    await sleep(500)
  }

  /** Kicks on the beat. Latency is from asking for the publish to the end of the stream, as its client sees it. */
  async paced(rate, durationMs) {
    const start = performance.now()
    for (let count = 0; performance.now() - start < durationMs; count++) {
      const due = start + (count * 1000) / rate
      if (due > performance.now()) await sleep(due - performance.now())
      this.#kickNext()
      this.#giveUp()
    }
    await this.#drain()
  }

  async flatOut(window, durationMs) {
    let running = true
    this.#onEnded = () => {
      while (running && this.#underWay.size < window && this.#kickNext());
    }
    for (const end = performance.now() + durationMs; performance.now() < end; await sleep(TICK_MS)) {
      this.#onEnded()
      this.#giveUp()
    }
    running = false
    await this.#drain()
  }

  reset() {
    this.#latencies = []
    this.#lost = 0
    this.#bystanders = 0
  }

  result(measured) {
    const { hung, bad, refused, untried } = this.#group.counts
    return {
      ...measured,
      kicked: this.#latencies.length,
      lost: this.#lost,
      bystanders: this.#bystanders,
      notHeld: hung + bad + refused + untried,
      publishErrors: this.#publishers.reduce((sum, { errors }) => sum + errors, 0),
      cpuUsPerKick: cpuMicros(measured, this.#latencies.length),
      latencyP50Ms: percentile(this.#latencies, 0.5),
      latencyP99Ms: percentile(this.#latencies, 0.99),
      latencyMaxMs: percentile(this.#latencies, 1),
    }
  }

  /** Kicks the next client in the ring that is held and not being kicked; answers whether there was one. */
  #kickNext() {
    const { clients } = this.#group
    for (let tried = 0; tried < clients.length; tried++) {
      this.#cursor = (this.#cursor + 1) % clients.length
      if (!this.#group.isHeld(this.#cursor) || this.#underWay.has(this.#cursor)) continue
      this.#underWay.set(this.#cursor, performance.now())
      this.#publishers[this.#cursor % PUBLISHERS].close(`user-${this.#cursor}`)
      return true
    }
    return false
  }

  #ended(index) {
    const askedAt = this.#underWay.get(index)
    this.#underWay.delete(index)
    if (askedAt === undefined && !this.#late.delete(index)) this.#bystanders++
    if (askedAt !== undefined) this.#latencies.push(performance.now() - askedAt)
    this.#group.open(index)
    this.#onEnded()
  }

  #giveUp() {
    const limit = performance.now() - LOST_MS
    for (const [index, askedAt] of this.#underWay) {
      if (askedAt > limit) return
      this.#forget(index)
    }
  }

  async #drain() {
    for (const end = performance.now() + LOST_MS; this.#underWay.size > 0 && performance.now() < end; )
      await sleep(TICK_MS)
    for (const index of [...this.#underWay.keys()]) this.#forget(index)
  }

  #forget(index) {
    this.#underWay.delete(index)
    this.#late.add(index)
    this.#lost++
  }
}
