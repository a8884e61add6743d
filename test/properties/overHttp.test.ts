import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MessageType } from '../../src/edges.ts'
import { decodeEvents } from '../../src/grip/webSocketEvents/eventDecoder.ts'
import { answerEvents, openSocket, type TestOpening } from '../proxy/overHttp/support.ts'
import type { Asked } from '../proxy/support.ts'

/** What can happen to a connection. */
type Step =
  | { readonly kind: 'send'; readonly type: MessageType; readonly size: number }
  | { readonly kind: 'answer'; readonly accepted: number; readonly events: number }
  | { readonly kind: 'unreachable' | 'refresh' | 'pause' | 'resume' }
  | { readonly kind: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      type: fc.constantFrom<MessageType[]>('text', 'binary', 'ping', 'pong'),
      size: fc.integer({ min: 0, max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      accepted: fc.double({ min: 0, max: 1.3, noNaN: true }),
      events: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('unreachable', 'refresh', 'pause', 'resume') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  },
)

/** An origin that accepts as much as a schedule says, and keeps what it has accepted. */
class ScheduledOrigin {
  readonly accepted: string[] = []
  readonly sent: string[] = []
  readonly #test: TestOpening
  readonly #ended = new Set<Asked>()
  #failures = 0

  constructor(test: TestOpening) {
    this.#test = test
    for (const asked of test.origin.asked) this.#ended.add(asked)
    test.origin.onAsked = () => expect(this.open.length).toBeLessThanOrEqual(1)
  }

  /** Requests that are not answered. */
  get open(): Asked[] {
    return this.#test.origin.asked.filter((asked) => !this.#ended.has(asked))
  }

  /** Fails a request, and never so often that it is given up. */
  fail(): void {
    const [asked] = this.open
    if (asked === undefined || this.#failures === 5) return
    this.#failures++
    this.#ended.add(asked)
    asked.fail('ORIGIN_UNREACHABLE')
  }

  /** Answers the request under way: accepts a part of its content, everything above 1, and sends so many events. */
  answer(part: number, events: number): void {
    const [asked] = this.open
    if (asked === undefined) return
    this.#failures = 0
    const { contentBytes, taken, isAll } = this.#accept(asked, part)
    const lines = Array.from({ length: events }, () => {
      const text = `e${this.sent.length}`
      this.sent.push(`text ${text}`)
      return `TEXT ${text.length.toString(16)}\r\n${text}\r\n`
    })
    this.#ended.add(asked)
    expect(contentBytes).toBeGreaterThanOrEqual(taken)
    answerEvents(asked, lines.join(''), isAll ? [] : ['Content-Bytes-Accepted', String(taken)])
    this.#test.clock.settle()
  }

  #accept(asked: Asked, part: number): { contentBytes: number; taken: number; isAll: boolean } {
    const events = decodeEvents(asked.request.body as Buffer).filter(({ type }) => type !== 'DISCONNECT')
    const contentBytes = events.reduce((bytes, { content }) => bytes + content.length, 0)
    const isAll = part > 1
    const taken = isAll ? contentBytes : Math.max(Math.floor(part * contentBytes), Math.min(contentBytes, 1))
    let rest = taken
    for (const { content } of events) {
      const bytes = content.subarray(0, rest)
      rest -= bytes.length
      this.accepted.push(bytes.toString())
    }
    return { contentBytes, taken, isAll }
  }
}

test.each([true, false])(
  'an origin gets every byte once and in order, one request at a time, whatever happens (one_event: %s)',
  (oneEvent) => {
    let replays = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, leaves) => {
        const test = openSocket({ oneEvent }, ['Keep-Alive-Interval', '25'])
        const origin = new ScheduledOrigin(test)
        const sent: string[] = []
        for (const next of steps) run(test, origin, next, sent)
        if (leaves) test.socket.destroy()
        else test.socket.resume()
        finish(test, origin)
        replays += test.origin.asked.filter(({ request }) =>
          request.headers.includes('Content-Bytes-Replayed'),
        ).length
        expect(origin.accepted.join('')).toBe(sent.join(''))
        const heard = test.owner.take()
        if (leaves)
          expect([origin.sent.slice(0, heard.length - 1), heard.at(-1)]).toEqual([heard.slice(0, -1), 'gone'])
        else expect(heard).toEqual(origin.sent)
        expect([test.farewells.pending, test.socket.bytesQueued]).toEqual([0, 0])
      }),
      { numRuns: 500 },
    )
    expect(replays).toBeGreaterThan(50)
  },
)

function run(test: TestOpening, origin: ScheduledOrigin, next: Step, sent: string[]): void {
  switch (next.kind) {
    case 'send': {
      const text = `${sent.length},`.padEnd(next.size, '.').slice(0, next.size)
      sent.push(text)
      test.socket.send(next.type, Buffer.from(text))
      return
    }
    case 'answer':
      origin.answer(next.accepted, next.events)
      return
    case 'unreachable':
      origin.fail()
      return
    case 'refresh':
      test.refresh()
      return
    case 'wait':
      test.clock.advance(next.ms)
      return
    default:
      test.socket[next.kind]()
  }
}

/** Answers until the origin has everything. */
function finish(test: TestOpening, origin: ScheduledOrigin): void {
  for (let i = 0; i < 500; i++) {
    origin.answer(2, 0)
    // What waits to be tried again, and keep-alives where something was held back.
    if (origin.open.length === 0 && (test.socket.bytesQueued > 0 || test.farewells.pending > 0)) {
      test.clock.advance(25_000)
    }
  }
  test.clock.settle()
}
