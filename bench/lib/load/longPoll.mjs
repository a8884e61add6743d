/** Long-poll clients that ask again as soon as they are answered, woken by one item at a time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../stats.mjs'
import { encodePayload, MarkerScanner } from './marker.mjs'
import { cpuMicros, Meter } from './meter.mjs'
import { Publisher } from './publisher.mjs'
import { ResponseReader } from './responseReader.mjs'
import { openSocket } from './sockets.mjs'

const CHANNEL = 'bench'
const WARM_CYCLES = 2
const TICK_MS = 5
/** A client that has not been woken by then lost the item. */
const LOST_MS = 5_000
const CONNECT_MS = 30_000

/**
 * Publishes to `clients` long polls for `secs`: an item, wait until each client has it, `settleSecs` for all to ask
 * again, the next item. A client that an item did not wake counts in `lostWakeups`.
 */
export async function longPoll({ port, publish, roots, clients, settleSecs, size, secs }) {
  const run = new LongPoll({ port, publish, clients, size })
  await run.allWaiting()
  const meter = new Meter(roots)
  for (let i = 0; i < WARM_CYCLES; i++) await run.cycle(settleSecs)
  run.reset()
  meter.start()
  const end = performance.now() + secs * 1000
  while (performance.now() < end) await run.cycle(settleSecs)
  const measured = meter.stop()
  return run.result(measured)
}

class LongPoll {
  number = 0
  size
  #clients
  #publisher
  #sentAt = 0
  #woken = 0
  #counts
  #completions

  constructor({ port, publish, clients, size }) {
    this.size = size
    this.reset()
    this.request = `GET /response?c=${CHANNEL} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
    this.#publisher = new Publisher(publish)
    this.#clients = Array.from({ length: clients }, () => new Poller(this, port))
  }

  async allWaiting() {
    const end = performance.now() + CONNECT_MS
    while (this.#clients.some(({ waiting }) => !waiting) && performance.now() < end) await sleep(TICK_MS)
    await sleep(1_000)
  }

  async cycle(settleSecs) {
    this.#woken = 0
    this.number++
    this.#publisher.response(CHANNEL, encodePayload(this.number, this.size), (now) => {
      this.#sentAt = now
    })
    const end = performance.now() + LOST_MS
    while (this.#woken < this.#clients.length && performance.now() < end) await sleep(TICK_MS)
    this.#counts.cycles++
    this.#counts.lostWakeups += this.#clients.length - this.#woken
    await sleep(settleSecs * 1000)
  }

  reset() {
    this.#counts = { cycles: 0, responses: 0, lostWakeups: 0, stale: 0, empty: 0, bad: 0, ended: 0 }
    this.#completions = []
  }

  /** Counts one of the faults. */
  note(fault) {
    this.#counts[fault]++
  }

  /** Called by a poller that an item has woken. */
  woke(number) {
    if (number !== this.number) return this.note('stale')
    this.#counts.responses++
    if (++this.#woken === this.#clients.length) this.#completions.push(performance.now() - this.#sentAt)
  }

  result(measured) {
    return {
      ...measured,
      ...this.#counts,
      publishErrors: this.#publisher.errors,
      cpuUsPerResponse: cpuMicros(measured, this.#counts.responses),
      completeP50Ms: percentile(this.#completions, 0.5),
    }
  }
}

class Poller {
  waiting = false
  #run
  #port
  #marked = false
  #reader
  #scanner
  #socket

  constructor(run, port) {
    this.#run = run
    this.#port = port
    this.#dial()
  }

  connected() {
    this.#ask()
  }

  read(buffer, length) {
    this.#scanner.scan(buffer, 0, length, (number) => {
      this.#marked = true
      this.#run.woke(number)
    })
    this.#reader.feed(buffer, length)
  }

  /** Ends only where the server says that it closes after the response, or where it fails; either way: again. */
  closed() {
    this.#reader.closed()
    if (this.waiting) this.#run.note('ended')
    this.#dial()
  }

  #dial() {
    this.waiting = false
    this.#scanner = new MarkerScanner(this.#run.size)
    this.#reader = new ResponseReader(() => this.#answered())
    this.#socket = openSocket(this.#port, this)
  }

  #ask() {
    this.waiting = true
    this.#marked = false
    this.#socket.write(this.#run.request)
  }

  #answered() {
    this.waiting = false
    if (this.#reader.status !== 200) this.#run.note('bad')
    else if (!this.#marked) this.#run.note('empty')
    if (this.#reader.keepAlive) this.#ask()
    else this.#socket.end()
  }
}
