import { PassThrough, type Readable } from 'node:stream'
import type { ClientRequest } from '../../src/edges/client.ts'
import type {
  Origin,
  OriginExchange,
  OriginRequest,
  OriginResponseSink,
  OriginTarget,
} from '../../src/edges/origin.ts'
import type { OriginOpening, OriginSocketSink, SocketOrigin } from '../../src/edges/originSocket.ts'
import type { PassthroughJob } from '../../src/edges/passthrough.ts'
import { HoldfastError } from '../../src/errors.ts'
import { StartLimiter } from '../../src/hub/filters/startLimiter.ts'
import { GoneCalls } from '../../src/proxy/goneCalls.ts'
import { handleRequest } from '../../src/proxy/handleRequest.ts'
import { LinkFetcher } from '../../src/proxy/linkFetcher.ts'
import { Farewells } from '../../src/proxy/overHttp/farewells.ts'
import type { ProxyEnvironment, ProxyOptions } from '../../src/proxy/proxyEnvironment.ts'
import { createSockJsEnvironment, type SockJsEnvironment } from '../../src/proxy/sockJs/sockJsEnvironment.ts'
import { RouteTable } from '../../src/route/routeTable.ts'
import { createStats } from '../../src/stats/stats.ts'
import { createTestEnvironment } from '../hold/support.ts'
import { FakeResponse } from '../support/fakeClient.ts'
import { routeOf } from '../support/routeOf.ts'

const OPTIONS: ProxyOptions = {
  debug: false,
  autoCrossOrigin: false,
  acceptXForwardedProtocol: false,
  setXForwardedProtocol: 'off',
  xForwardedFor: { truncate: undefined, append: false },
  xForwardedForTrusted: { truncate: undefined, append: false },
  origHeadersNeedMark: new Set(),
  cdnLoop: '',
  acceptPushpinRoute: false,
  logFrom: false,
  logUserAgent: false,
  connectionSubscriptionMax: 20,
  originTimeoutSeconds: 60,
}

/** What SockJS clients share, without chance. */
export function createTestSockJsEnvironment(
  timing: Pick<SockJsEnvironment, 'clock' | 'wheel'>,
): SockJsEnvironment {
  const { clock, wheel } = timing
  return createSockJsEnvironment({
    owners: undefined,
    clock,
    wheel,
    scriptUrl: 'http://cdn.test/sockjs.js?a&b',
    digest: (text) => `digest of ${text.length}`,
    entropy: () => 4_294_967_295,
  })
}

/** One request as an origin was asked it; the test plays the origin through it. */
export class Asked implements OriginExchange {
  readonly target: OriginTarget
  readonly request: OriginRequest
  readonly sink: OriginResponseSink
  isAborted = false
  resumes = 0

  constructor(target: OriginTarget, request: OriginRequest, sink: OriginResponseSink) {
    this.target = target
    this.request = request
    this.sink = sink
  }

  resume(): void {
    this.resumes++
  }

  abort(): void {
    this.isAborted = true
  }

  head(headers: readonly string[] = [], status = 200): void {
    this.sink.onHead({ status, reason: 'OK', headers })
  }

  data(text: string): boolean {
    return this.sink.onData(Buffer.from(text))
  }

  /** Answers whole. */
  answer(headers: readonly string[], body = ''): void {
    this.head(headers)
    if (body !== '') this.data(body)
    this.sink.onEnd()
  }

  fail(code: 'ORIGIN_UNREACHABLE' | 'ORIGIN_TIMEOUT' | 'ORIGIN_BROKEN' | 'ORIGIN_DENIED'): void {
    this.sink.onError(new HoldfastError(code, `it is ${code}`))
  }

  /** The whole body as the origin gets it. */
  async body(): Promise<string> {
    const { body } = this.request
    if (body === undefined || Buffer.isBuffer(body)) return String(body ?? '')
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
}

/** An origin that only notes what it is asked. */
export class FakeOrigin implements Origin, SocketOrigin {
  readonly asked: Asked[] = []
  /** Called within each request. */
  onAsked: ((asked: Asked) => void) | undefined

  request(target: OriginTarget, request: OriginRequest, sink: OriginResponseSink): OriginExchange {
    const asked = new Asked(target, request, sink)
    this.asked.push(asked)
    this.onAsked?.(asked)
    return asked
  }

  openSocket(_target: OriginTarget, _request: OriginRequest, _sink: OriginSocketSink): OriginOpening {
    throw new Error('no WebSocket is to be opened')
  }

  async close(): Promise<void> {}
}

/** A request; with a body, a stream that the test writes. */
export function fakeRequest(more: Partial<ClientRequest> = {}): ClientRequest {
  return {
    method: 'GET',
    target: '/path',
    httpVersion: '1.1',
    secure: false,
    authority: 'client.test',
    headers: ['Host', 'client.test'],
    peerAddress: '192.0.2.9',
    body: undefined,
    bodyLength: undefined,
    ...more,
  }
}

/** A body that the test writes. */
export function fakeBody(): PassThrough & Readable {
  return new PassThrough()
}

export interface ProxySetup {
  readonly routes?: readonly string[]
  readonly options?: Partial<ProxyOptions>
  /** Grip-Sig values that count as signed by the proxy before us. */
  readonly trusted?: readonly string[]
  readonly origin?: FakeOrigin
}

/** A proxy whose origin and clients are played by the test. */
export function createTestProxy({
  routes = ['* a:1'],
  options = {},
  trusted = [],
  origin = new FakeOrigin(),
}: ProxySetup = {}) {
  const stats = createStats('test')
  const holds = createTestEnvironment({ connections: stats.connections })
  const passed: PassthroughJob[] = []
  const fetcher = new LinkFetcher()
  const goneCalls = new GoneCalls()
  const table = new RouteTable(routes.map(routeOf))
  const environment: ProxyEnvironment = {
    options: { ...OPTIONS, ...options },
    routes: () => table,
    origin,
    socketOrigin: origin,
    localOrigins: new Map([['test', origin]]),
    passthrough: (_request, _response, job) => passed.push(job),
    signerFor: () => undefined,
    isTrustedSignature: (token) => trusted.includes(token),
    holds,
    hasHistory: false,
    farewells: new Farewells(),
    links: {
      fetch: (held, link) => fetcher.fetch(environment, held, link),
      tellGone: (held, url) => goneCalls.tell(environment, held, url),
      post: () => Promise.reject(new Error('no filter is to ask')),
      filterStarts: new StartLimiter(holds.clock),
    },
    sockJs: createTestSockJsEnvironment(holds),
    clock: holds.clock,
    log: holds.log,
    counters: holds.counters,
    stats: { ...stats, counters: holds.counters },
  }
  const send = (request: Partial<ClientRequest> = {}): FakeResponse => {
    const response = new FakeResponse()
    handleRequest(environment, fakeRequest(request), response)
    return response
  }
  /** The line of the log that tells how the last request ended. */
  const logged = (): string | undefined => holds.log.lines.filter((line) => line.startsWith('info ')).at(-1)
  return { environment, goneCalls, origin, holds, passed, send, logged }
}
