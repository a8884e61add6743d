/** Keep-alive clients that ask for the same path again and again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../stats.mjs'
import { cpuMicros, Meter } from './meter.mjs'
import { ResponseReader } from './responseReader.mjs'
import { openSocket } from './sockets.mjs'

/** Measures `connections` closed loops of GET `path` for `secs`, after `warmSecs` that do not count. */
export async function proxied({ port, roots, path, connections, warmSecs, secs }) {
  const tally = { measuring: false, requests: 0, bad: 0, ended: 0, bytes: 0, latencies: [] }
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  const meter = new Meter(roots)
  for (let i = 0; i < connections; i++) new Requester(port, request, tally)
  await sleep(warmSecs * 1000)
  tally.measuring = true
  meter.start()
  await sleep(secs * 1000)
  const measured = meter.stop()
  tally.measuring = false
  return {
    ...measured,
    requests: tally.requests,
    bad: tally.bad,
    ended: tally.ended,
    requestsPerSec: tally.requests / measured.secs,
    bytesPerRequest: tally.bytes / tally.requests,
    cpuUsPerRequest: cpuMicros(measured, tally.requests),
    latencyP50Ms: percentile(tally.latencies, 0.5),
    latencyP99Ms: percentile(tally.latencies, 0.99),
  }
}

class Requester {
  #startedAt = 0
  #tally
  #request
  #socket
  #reader = new ResponseReader(() => this.#answered())

  constructor(port, request, tally) {
    this.#tally = tally
    this.#request = request
    this.#socket = openSocket(port, this)
  }

  connected() {
    this.#ask()
  }

  read(buffer, length) {
    if (this.#tally.measuring) this.#tally.bytes += length
    this.#reader.feed(buffer, length)
  }

  /** A server has no reason to end these connections, so each that ends is counted, and not replaced. */
  closed() {
    this.#tally.ended++
  }

  #ask() {
    this.#startedAt = performance.now()
    this.#socket.write(this.#request)
  }

  #answered() {
    if (this.#tally.measuring) {
      this.#tally.requests++
      if (this.#reader.status !== 200) this.#tally.bad++
      this.#tally.latencies.push(performance.now() - this.#startedAt)
    }
    this.#ask()
  }
}
