import type {
  Origin,
  OriginExchange,
  OriginRequest,
  OriginResponseSink,
  OriginTarget,
} from '../edges/origin.ts'
import type { ErrorCode, HoldfastError } from '../errors.ts'
import type { Counters, OriginOutcome } from '../stats/counters.ts'
import { headBytes, requestBytes } from '../stats/headBytes.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { ResponseHead } from '../util/headers.ts'
import type { ProxyEnvironment } from './proxyEnvironment.ts'

/** What failed attempts count as. */
const FAILURES: Partial<Record<ErrorCode, OriginOutcome>> = {
  ORIGIN_UNREACHABLE: 'unreachable',
  ORIGIN_TIMEOUT: 'timeout',
  ORIGIN_BROKEN: 'broken',
  ORIGIN_DENIED: 'denied',
}

/** Counts an attempt to ask an origin that got no answer. */
export function countFailure(counters: Counters, { code }: HoldfastError): void {
  const outcome = FAILURES[code]
  if (outcome !== undefined) counters.origin[outcome]++
}

/** Counts that an origin answers, and how long that took. */
export function countAnswered({ stats, clock }: ProxyEnvironment, askedMs: number): void {
  stats.originLatency.observe(clock.now() - askedMs)
  stats.counters.origin.answered++
}

/** Counts what is sent to an origin; of a body that streams, RequestBody knows the bytes. */
export function countAsked(traffic: RouteTraffic, { method, path, headers, body }: OriginRequest): void {
  traffic.serverHeaderBytesSent += requestBytes(method, path, headers)
  if (Buffer.isBuffer(body)) traffic.serverContentBytesSent += body.length
}

/** An origin whose requests are counted, for those who do not count themselves. */
export function countedOrigin(environment: ProxyEnvironment, traffic: RouteTraffic, origin: Origin): Origin {
  return {
    request: (target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange => {
      countAsked(traffic, request)
      return origin.request(target, request, new CountedSink(environment, traffic, sink))
    },
    close: () => origin.close(),
  }
}

class CountedSink implements OriginResponseSink {
  readonly #environment: ProxyEnvironment
  readonly #traffic: RouteTraffic
  readonly #sink: OriginResponseSink
  readonly #askedMs: number

  constructor(environment: ProxyEnvironment, traffic: RouteTraffic, sink: OriginResponseSink) {
    this.#environment = environment
    this.#traffic = traffic
    this.#sink = sink
    this.#askedMs = environment.clock.now()
  }

  onInformational(head: ResponseHead): void {
    this.#sink.onInformational(head)
  }

  onHead(head: ResponseHead): void {
    countAnswered(this.#environment, this.#askedMs)
    this.#traffic.serverHeaderBytesReceived += headBytes(head)
    this.#sink.onHead(head)
  }

  onData(chunk: Buffer): boolean {
    this.#traffic.serverContentBytesReceived += chunk.length
    return this.#sink.onData(chunk)
  }

  onEnd(): void {
    this.#sink.onEnd()
  }

  onError(error: HoldfastError): void {
    countFailure(this.#environment.stats.counters, error)
    this.#sink.onError(error)
  }
}
