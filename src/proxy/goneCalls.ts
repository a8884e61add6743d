import type { HoldfastError } from '../errors.ts'
import { Fifo } from '../util/fifo.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { HeldRequest } from './heldRequest.ts'
import { callLink } from './linkFetcher.ts'
import { findLink } from './linkPlace.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/** Calls that are not answered with 2xx are repeated after 1, 2 and 4 seconds. Pushpin does not repeat them. */
const MAX_RETRIES = 3
const FIRST_RETRY_MS = 1000

/** Calls that may be under way or wait at once; what is above is given up, and logged. */
const MAX_PENDING = 10_000

/** Calls to the origins of one route under way at once: thousands of clients that go at one moment are no burst there. */
const MAX_UNDER_WAY = 100

/** The calls to the origins of one route. */
interface Lane {
  underWay: number
  readonly waiting: Fifo<() => void>
}

/** Tells origins of clients that are gone. GRIP: Grip-Link, rel=gone. */
export class GoneCalls {
  #pending = 0
  readonly #lanes = new Map<string, Lane>()
  #onIdle: (() => void)[] = []

  /** Sends the call, now and as often as it takes. */
  tell(environment: ProxyEnvironment, held: HeldRequest, url: URL): void {
    const place = findLink(environment, held, url)
    if (typeof place === 'string' || this.#pending >= MAX_PENDING) {
      const reason = typeof place === 'string' ? place : 'too many are waiting'
      environment.log.warn(`gone link ${url.href}: ${reason}`)
      return
    }
    this.#pending++
    const lane = held.route.id
    const attempt = (retries: number): void => {
      const onFailed = (text: string): void => {
        environment.log.warn(`gone link ${url.href}: ${text}`)
        this.#leaveLane(lane)
        if (retries === MAX_RETRIES) this.#done()
        else environment.clock.after(FIRST_RETRY_MS * 2 ** retries, () => begin(retries + 1))
      }
      const onDone = (): void => {
        this.#leaveLane(lane)
        this.#done()
      }
      const sink = new GoneSink(onFailed, onDone)
      callLink(environment, place, { held, method: 'POST', headers: [], sink })
    }
    const begin = (retries: number): void => this.#inLane(lane, () => attempt(retries))
    begin(0)
  }

  /** Makes a call as soon as the others of its route leave room. */
  #inLane(name: string, call: () => void): void {
    const lane = this.#lanes.get(name) ?? { underWay: 0, waiting: new Fifo<() => void>() }
    this.#lanes.set(name, lane)
    if (lane.underWay >= MAX_UNDER_WAY) {
      lane.waiting.push(call)
      return
    }
    lane.underWay++
    call()
  }

  #leaveLane(name: string): void {
    const lane = this.#lanes.get(name)
    if (lane === undefined) return
    const next = lane.waiting.shift()
    if (next !== undefined) next()
    else if (--lane.underWay === 0) this.#lanes.delete(name)
  }

  /** Resolves when no call is under way or waits to be repeated. */
  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }

  #done(): void {
    this.#pending--
    if (this.#pending > 0) return
    for (const resolve of this.#onIdle) resolve()
    this.#onIdle = []
  }
}

/** Takes the answer to one call; only its status counts. */
class GoneSink {
  readonly #onFailed: (text: string) => void
  readonly #onDone: () => void
  #status = 0

  constructor(onFailed: (text: string) => void, onDone: () => void) {
    this.#onFailed = onFailed
    this.#onDone = onDone
  }

  onInformational(): void {}

  onHead(head: ResponseHead): void {
    this.#status = head.status
  }

  onData(): boolean {
    return true
  }

  onEnd(): void {
    if (this.#status >= 200 && this.#status <= 299) this.#onDone()
    else this.#onFailed(`status ${this.#status}`)
  }

  onError(error: HoldfastError): void {
    this.#onFailed(error.message)
  }
}
