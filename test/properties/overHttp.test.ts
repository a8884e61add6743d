import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MessageType } from '../../src/edges/socket.ts'
import { decodeEvents } from '../../src/grip/webSocketEvents/eventDecoder.ts'
import { answerEvents, openSocket, TestOpening } from '../proxy/overHttp/support.ts'
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

const noise = fc.oneof(
  fc.constantFrom('OPEN\r\n', 'TEXT 1\r\na\r\n', 'CLOSE 2\r\n\x03\xe8\r\n', 'PING\r\n', 'DISCONNECT\r\n'),
  fc.constantFrom(
    'OPEN',
    'TEXT',
    'PING',
    'CLOSE',
    'DISCONNECT',
    'NOISE',
    ' 2',
    ' 0x',
    ' -1',
    '\r\n',
    '\r\n',
    'ab',
    '\xff',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const anyHeader = fc.tuple(
  fc.constantFrom('Content-Bytes-Accepted', 'Keep-Alive-Interval', 'Set-Meta-A', 'Set-Meta-', 'X'),
  fc.constantFrom('', '0', '1', '5', '-1', 'x', '99999999999999999999', '1e3'),
)
const anyAnswer = fc.record({
  status: fc.constantFrom(200, 200, 200, 200, 204, 404, 500),
  type: fc.constantFrom('application/websocket-events', 'application/websocket-events; x', 'text/plain'),
  headers: fc.array(anyHeader, { maxLength: 3 }),
  body: fc
    .tuple(fc.constantFrom('', '', 'OPEN\r\n'), fc.array(noise, { maxLength: 3 }))
    .map(([first, pieces]) => Buffer.from(first + pieces.join(''), 'latin1')),
})
const move = fc.constantFrom(
  'send',
  'close',
  'destroy',
  'refresh',
  'pause',
  'resume',
  'wait',
  'answer',
  'answer',
  'answer',
)

test('whatever an origin answers, and whenever, the connection goes on or ends once, and nothing is thrown', () => {
  let opened = 0
  const ends = new Map<string, number>()
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.tuple(move, anyAnswer), { maxLength: 30 }), (isOpen, moves) => {
      const test = isOpen ? openSocket() : new TestOpening()
      if (isOpen) answered.add(test.last)
      for (const [next, answer] of moves) makeMove(test, next, answer)
      if (!isOpen && test.outcome.some((outcome) => outcome.startsWith('open'))) opened++
      expect(test.outcome.length).toBeLessThanOrEqual(1)
      const gone = test.owner.take().filter((line) => line.startsWith('gone'))
      expect(gone.length).toBeLessThanOrEqual(1)
      for (const line of gone) ends.set(line.split(':')[0]!, (ends.get(line.split(':')[0]!) ?? 0) + 1)
      expect(test.takeBodies().filter((body) => body.includes('DISCONNECT')).length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 3000 },
  )
  expect(opened).toBeGreaterThan(10)
  expect([...ends.keys()].sort()).toEqual(['gone', 'gone ORIGIN_BROKEN', 'gone SOCKET_EVENTS_INVALID'])
})

function makeMove(
  test: TestOpening,
  next: string,
  answer: { status: number; type: string; headers: [string, string][]; body: Buffer },
): void {
  const isOpen = test.head?.status === 101
  if (next === 'answer') {
    const asked = test.last
    if (answered.has(asked)) return
    answered.add(asked)
    asked.head(['Content-Type', answer.type, ...answer.headers.flat()], answer.status)
    asked.sink.onData(answer.body)
    asked.sink.onEnd()
    test.clock.settle()
  } else if (next === 'wait') test.clock.advance(21_000)
  else if (!isOpen) {
    if (next === 'destroy') test.opening.abort()
  } else if (next === 'send') test.socket.send('text', Buffer.from('abc'))
  else if (next === 'close') test.socket.close(1000, 'bye')
  else if (next === 'refresh') test.refresh()
  else test.socket[next as 'destroy' | 'pause' | 'resume']()
}

const answered = new WeakSet<Asked>()
