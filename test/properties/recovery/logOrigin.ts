import type { Clock } from '../../../src/edges/clock.ts'
import type {
  Origin,
  OriginExchange,
  OriginRequest,
  OriginResponseSink,
  OriginTarget,
} from '../../../src/edges/origin.ts'
import { HoldfastError } from '../../../src/errors.ts'

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

/** Longest way of a question to the origin, and of an answer back. */
export const MAX_DELAY_MS = 120

/**
 * An origin that knows all items of the chain 1, 2, 3, ... and says truthfully what a client lacks. It is slow, and at
 * times it fails.
 *
 *     /poll?last=N     what follows N, or a long poll that begins after N
 *     /stream?last=N   what follows N as a held stream with a next link; /next is that link
 *     /sse?last=N      what follows N as a held stream without next link
 *     /events?last=N   a held stream that begins after N; only when asked again (Grip-Last) it sends what follows N itself
 */
export class LogOrigin implements Origin {
  /** Number of the newest item. */
  newest = 0
  /** Share of the questions that fail. */
  faultRate = 0.1
  readonly #clock: Clock
  readonly #random: () => number

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  request(_target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange {
    let isAborted = false
    this.#later(() => {
      if (isAborted) return
      const answer = this.#random() < this.faultRate ? undefined : this.#answer(request)
      this.#later(() => {
        if (!isAborted) tell(sink, answer, this.#random() < 0.5)
      })
    })
    return {
      resume: () => {},
      abort: () => {
        isAborted = true
      },
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #later(callback: () => void): void {
    this.#clock.after(this.#random() * MAX_DELAY_MS, callback)
  }

  #answer({ path, headers }: OriginRequest): Answer {
    const url = new URL(path, 'http://origin.test')
    const gripLast = lastIdIn(headers)
    switch (url.pathname) {
      case '/poll':
        return this.#poll(gripLast ?? Number(url.searchParams.get('last')))
      case '/stream':
        return this.#stream(Number(url.searchParams.get('last')))
      case '/next':
        return this.#stream(Number(url.searchParams.get('from') ?? gripLast))
      case '/sse':
        return this.#events(0, gripLast ?? Number(url.searchParams.get('last')))
      default:
        return this.#events(Number(url.searchParams.get('last')), gripLast)
    }
  }

  #poll(last: number): Answer {
    if (last < this.newest) return { status: 200, headers: [], body: listAfter(last, this.newest) }
    return { status: 200, headers: ['Grip-Hold', 'response', 'Grip-Channel', `c; prev-id=${last}`], body: '' }
  }

  /** A long answer comes in two pages at times. */
  #stream(last: number): Answer {
    const middle = Math.floor((last + this.newest) / 2)
    if (middle > last && this.#random() < 0.3) {
      const body = listAfter(last, middle)
      return { status: 200, headers: ['Grip-Link', `</next?from=${middle}>; rel=next`], body }
    }
    const headers = ['Grip-Hold', 'stream', 'Grip-Channel', `c; prev-id=${this.newest}`]
    return {
      status: 200,
      headers: [...headers, 'Grip-Link', '</next>; rel=next; timeout=60'],
      body: listAfter(last, this.newest),
    }
  }

  #events(last: number, gripLast: number | undefined): Answer {
    const hold = (prevId: number) => ['Grip-Hold', 'stream', 'Grip-Channel', `c; prev-id=${prevId}`]
    if (gripLast === undefined) return { status: 200, headers: hold(last), body: '' }
    return { status: 200, headers: hold(this.newest), body: listAfter(gripLast, this.newest) }
  }
}

function tell(sink: OriginResponseSink, answer: Answer | undefined, breaks: boolean): void {
  if (answer === undefined && breaks) {
    sink.onError(new HoldfastError('ORIGIN_BROKEN', 'the origin broke off'))
    return
  }
  const { status, headers, body } = answer ?? { status: 503, headers: [], body: '' }
  sink.onHead({ status, reason: '', headers })
  if (body !== '') sink.onData(Buffer.from(body))
  sink.onEnd()
}

function listAfter(last: number, newest: number): string {
  let text = ''
  for (let number = last + 1; number <= newest; number++) text += `${number},`
  return text
}

function lastIdIn(headers: readonly string[]): number | undefined {
  const value = headers[headers.indexOf('Grip-Last') + 1]
  return headers.includes('Grip-Last') ? Number(value!.split('last-id=')[1]) : undefined
}
