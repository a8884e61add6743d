import type { OriginTarget } from '../../../src/edges/origin.ts'
import type { OriginOpening, OriginSocket, OriginSocketSink } from '../../../src/edges/originSocket.ts'
import type { MessageSocketOwner, MessageType } from '../../../src/edges/socket.ts'
import type { HoldfastError } from '../../../src/errors.ts'
import { Farewells } from '../../../src/proxy/overHttp/farewells.ts'
import { openOverHttp } from '../../../src/proxy/overHttp/openOverHttp.ts'
import type { OverHttpJob } from '../../../src/proxy/overHttp/overHttpJob.ts'
import { getAllHeaders, type ResponseHead } from '../../../src/util/headers.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { type Asked, FakeOrigin } from '../support.ts'

export const TARGET: OriginTarget = {
  host: 'origin.test',
  port: 80,
  tls: false,
  untrusted: false,
  trustConnectHost: false,
  insecure: false,
  clientCert: undefined,
  clientKey: undefined,
}

export const EVENTS_TYPE = ['Content-Type', 'application/websocket-events']

/** Notes what an owner hears, as one line each. */
export class NotingOwner implements MessageSocketOwner {
  readonly heard: string[] = []
  /** Called with each line. */
  onHeard: ((line: string) => void) | undefined

  onMessage(type: MessageType, content: Buffer): void {
    this.#note(`${type} ${content.toString('latin1')}`.trimEnd())
  }

  onClose(code: number | undefined, reason: string): void {
    this.#note(`close ${code ?? '-'} ${reason}`.trimEnd())
  }

  onGone(fault: HoldfastError | undefined): void {
    this.#note(fault === undefined ? 'gone' : `gone ${fault.code}: ${fault.message}`)
  }

  onDrain(): void {
    this.#note('drain')
  }

  /** What was heard since it was asked last, but for drains. */
  take(): string[] {
    return this.heard.splice(0).filter((line) => line !== 'drain')
  }

  #note(line: string): void {
    this.heard.push(line)
    this.onHeard?.(line)
  }
}

/** An opening whose origin the test plays. */
export class TestOpening implements OriginSocketSink {
  readonly clock = new FakeClock()
  readonly log = new LinesLog()
  readonly farewells: Farewells
  readonly origin = new FakeOrigin()
  readonly owner = new NotingOwner()
  readonly outcome: string[] = []
  readonly opening: OriginOpening
  head: ResponseHead | undefined
  #signed = 0
  #taken = 0
  #socket: OriginSocket | undefined

  constructor(more: Partial<OverHttpJob> = {}) {
    this.farewells = more.farewells ?? new Farewells()
    const { limits, ...rest } = more
    this.opening = openOverHttp(
      {
        origin: this.origin,
        target: TARGET,
        path: '/chat?a=1',
        authority: 'app.example',
        connectionId: 'c-1',
        headers: () => ['Cookie', 'a=b', 'Grip-Sig', `sig-${++this.#signed}`],
        oneEvent: false,
        clock: this.clock,
        log: this.log,
        farewells: this.farewells,
        limits: { retryJitterMs: 0, ...limits },
        ...rest,
      },
      this,
    )
  }

  get socket(): OriginSocket {
    if (this.#socket === undefined) throw new Error('not open')
    return this.#socket
  }

  /** The request that was made last. */
  get last(): Asked {
    return this.origin.asked.at(-1)!
  }

  onOpen(head: ResponseHead, socket: OriginSocket): void {
    this.outcome.push(`open ${head.status} ${head.reason}`)
    this.head = head
    this.#socket = socket
    socket.owner = this.owner
    this.clock.settle()
  }

  onRefused(head: ResponseHead, body: Buffer): void {
    this.head = head
    this.outcome.push(`refused ${head.status} ${body}`)
  }

  onError(error: HoldfastError): void {
    this.outcome.push(`${error.code}: ${error.message}`)
  }

  refresh(): void {
    this.socket.refresh?.()
  }

  /** Answers the request under way with events. */
  answer(body = '', headers: readonly string[] = []): void {
    answerEvents(this.last, body, headers)
    this.clock.settle()
  }

  /** The bodies of the requests that were made since it was asked last. */
  takeBodies(): string[] {
    const bodies = this.origin.asked.slice(this.#taken).map(bodyOf)
    this.#taken = this.origin.asked.length
    return bodies
  }

  /** A field of the last request; undefined when it has none. */
  field(lowerName: string): string | undefined {
    return getAllHeaders(this.last.request.headers, lowerName).join(' | ') || undefined
  }
}

export function answerEvents(asked: Asked, body: string, headers: readonly string[] = []): void {
  asked.head([...EVENTS_TYPE, ...headers])
  if (body !== '') asked.sink.onData(Buffer.from(body, 'latin1'))
  asked.sink.onEnd()
}

/** A request's events on one line. */
export function bodyOf(asked: Asked): string {
  return String(asked.request.body).replaceAll('\r\n', ' ').trimEnd()
}

/** A socket that is open, with the requests and lines of its opening taken. */
export function openSocket(more: Partial<OverHttpJob> = {}, headers: readonly string[] = []): TestOpening {
  const test = new TestOpening(more)
  test.answer('OPEN\r\n', headers)
  test.takeBodies()
  test.owner.take()
  return test
}
