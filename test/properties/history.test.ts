import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import { History, type HistoryOptions } from '../../src/hub/history.ts'
import { Sequencer } from '../../src/hub/sequencer.ts'
import { following, type HistoryLike } from '../contracts/historyContract.ts'
import { idsOf, link } from '../hub/links.ts'
import { NaiveHistory } from '../hub/naiveHistory.ts'
import { closeItem } from '../support/items.ts'

const ROOM: HistoryOptions = { maxItems: 1000, ttlMs: 60_000, maxBytes: 10_000_000, reorderMs: 0 }

/** Item `number` of a chain; number 0 names -1, which is where a client begins. */
function chained(number: number): PublishItem {
  return link(`${number}`, `${number - 1}`)
}

function numbersOf(items: readonly PublishItem[]): number[] {
  return items.map(({ id }) => Number(id))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i)
}

const CHANNELS = ['c', 'd']
const channel = fc.constantFrom(...CHANNELS)
const id = fc.option(fc.nat(7).map(String), { nil: undefined, freq: 8 })

/** Ids of an item and of the one before it: mostly numbers in a row. */
const ids = fc.oneof(
  { weight: 3, arbitrary: fc.nat(6).map((number) => ({ id: `${number + 1}`, prevId: `${number}` })) },
  { weight: 2, arbitrary: fc.record({ id, prevId: id }) },
)

const added = fc
  .record({ channel, ids, noSeq: fc.nat(9), isClose: fc.nat(9), length: fc.nat(1000) })
  .map((fields): PublishItem => {
    const options = { channel: fields.channel, noSeq: fields.noSeq === 0, content: 'x'.repeat(fields.length) }
    const item = link(fields.ids.id, fields.ids.prevId, options)
    return fields.isClose === 0 ? { ...closeItem(fields.channel), id: item.id, prevId: item.prevId } : item
  })

type Call =
  | { readonly call: 'add'; readonly item: PublishItem }
  | { readonly call: 'expire' | 'forgetAll' }
  | { readonly call: 'forget'; readonly channel: string }

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 12, arbitrary: added.map((item) => ({ call: 'add' as const, item })) },
  { weight: 1, arbitrary: fc.record({ call: fc.constantFrom('expire' as const, 'forgetAll' as const) }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('forget' as const), channel }) },
)

/** Calls, each with the milliseconds that pass before it and an id that is asked for after it. */
const calls = fc.array(fc.tuple(fc.oneof(fc.constant(0), fc.nat(200)), call, fc.nat(8)), {
  maxLength: 50,
  size: 'max',
})

const options: fc.Arbitrary<HistoryOptions> = fc.record({
  maxItems: fc.oneof(fc.nat(4), fc.nat(40)),
  ttlMs: fc.constantFrom(500, 3000, 60_000),
  maxBytes: fc.oneof(fc.integer({ min: 500, max: 4000 }), fc.constant(1_000_000)),
  reorderMs: fc.constantFrom(0, 300, 1000),
})

function make(made: Call, history: HistoryLike, nowMs: number): void {
  if (made.call === 'add') history.add(made.item, nowMs)
  else if (made.call === 'forget') history.forget(made.channel)
  else if (made.call === 'forgetAll') history.forgetAll()
  else history.expire(nowMs)
}

describe('random calls', () => {
  test('have the same results as in the naive model', () => {
    fc.assert(
      fc.property(options, calls, (settings, made) => {
        const real = new History(settings)
        const model = new NaiveHistory(settings)
        let nowMs = 0
        const compare = (prevId: number) => {
          for (const channel of CHANNELS) {
            expect(real.has(channel, nowMs)).toBe(model.has(channel, nowMs))
            const asked = { channel, nowMs }
            expect(following(real, `${prevId}`, asked)).toBe(following(model, `${prevId}`, asked))
          }
        }
        for (const [pauseMs, next, asked] of made) {
          nowMs += pauseMs
          make(next, real, nowMs)
          make(next, model, nowMs)
          expect(real.size).toEqual(model.size)
          expect(real.size.bytes).toBeLessThanOrEqual(settings.maxBytes)
          compare(asked)
        }
        for (const prevId of range(0, 9)) compare(prevId)
      }),
      { numRuns: 200 },
    )
  })
})

/** Numbers of a chain in the order in which they come: any, with losses. */
const arrivals = fc
  .array(fc.record({ isLost: fc.nat(5), delay: fc.nat(8) }), { maxLength: 14, size: 'max' })
  .map((journeys) =>
    journeys
      .map(({ isLost, delay }, number) => ({ number, isLost: isLost === 0, place: number + delay }))
      .filter(({ isLost }) => !isLost)
      .sort((a, b) => a.place - b.place)
      .map(({ number }) => number),
  )

describe('a chain that comes in any order', () => {
  test('is given as an unbroken piece of it, with all that is newer than the id asked for', () => {
    fc.assert(
      fc.property(arrivals, (numbers) => {
        const history = new History(ROOM)
        for (const number of numbers) history.add(chained(number), 0)
        for (const asked of range(-1, 15)) {
          const items = history.after('c', `${asked}`, 0)
          if (items === undefined) continue
          const newer = numbers.filter((number) => number > asked).sort((a, b) => a - b)
          expect(numbersOf(items)).toEqual(newer)
          expect(newer).toEqual(range(asked + 1, asked + 1 + newer.length))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('is given whole, whatever is asked for, when nothing is lost', () => {
    const inAnyOrder = fc.shuffledSubarray(range(0, 10), { minLength: 10 })
    fc.assert(
      fc.property(inAnyOrder, (numbers) => {
        const history = new History(ROOM)
        for (const number of numbers) history.add(chained(number), 0)
        for (const asked of range(0, 10)) {
          expect(following(history, `${asked}`)).toBe(idsOf(range(asked + 1, 10).map(chained)))
        }
      }),
    )
  })
})

const WAIT_MS = 5000
const TICK_MS = 1000

type Event =
  | { readonly event: 'publish'; readonly isLost: boolean }
  | { readonly event: 'arrive' | 'repeat' | 'come' | 'leave' | 'recover'; readonly which: number }
  | { readonly event: 'tick' }

/**
 * A publisher, a proxy's way of an item, and clients that track what they have, as a hub and its holds do. Where the
 * history does not know what a client misses, the origin is asked, which knows all that was published.
 */
class World {
  readonly clients = [new Client(this), new Client(this)]
  readonly history = new History({ ...ROOM, reorderMs: 2 * WAIT_MS + TICK_MS })
  published = 0
  newestArrived = -1
  #sequencer = new Sequencer({ messageWaitMs: WAIT_MS, idCacheTtlMs: 1_000_000 })
  #underWay: { number: number; atMs: number }[] = []
  nowMs = 0

  run(event: Event): void {
    switch (event.event) {
      case 'publish':
        if (!event.isLost) this.#underWay.push({ number: this.published, atMs: this.nowMs })
        this.published++
        break
      case 'arrive':
        this.#arrive(event.which)
        break
      case 'repeat':
        if (this.published > 0)
          this.#underWay.push({ number: event.which % this.published, atMs: this.nowMs })
        break
      case 'tick':
        this.#tick()
        break
      case 'recover':
        this.#sequencer.forgetAll()
        break
      case 'come':
        this.clients[event.which % 2]!.come()
        break
      case 'leave':
        this.clients[event.which % 2]!.isHeld = false
        if (!this.#isHeld()) for (const item of this.#sequencer.drop('c')) this.#deliver(item)
    }
  }

  /** Lets everything arrive that is under way, and all that is parked be given up. */
  settle(): void {
    while (this.#underWay.length > 0) this.#arrive(0)
    for (let waitedMs = 0; waitedMs <= WAIT_MS; waitedMs += TICK_MS) this.run({ event: 'tick' })
  }

  forget(): void {
    this.#sequencer.forget('c')
  }

  /** What is under way for longer than WAIT_MS counts as lost. */
  #tick(): void {
    this.nowMs += TICK_MS
    this.#underWay = this.#underWay.filter(({ atMs }) => this.nowMs - atMs <= WAIT_MS)
    for (const item of this.#sequencer.expire(this.nowMs)) this.#deliver(item)
  }

  #isHeld(): boolean {
    return this.clients.some((client) => client.isHeld)
  }

  #arrive(which: number): void {
    const [arrived] = this.#underWay.splice(which % Math.max(this.#underWay.length, 1), 1)
    if (arrived === undefined) return
    this.newestArrived = Math.max(this.newestArrived, arrived.number)
    const item = chained(arrived.number)
    const outcome = this.#sequencer.accept(item, { isHeld: this.#isHeld(), nowMs: this.nowMs })
    if (outcome.kind === 'delivered' || outcome.kind === 'dropped') this.#deliver(item)
    if (outcome.kind === 'released') for (const released of outcome.items) this.#deliver(released)
  }

  #deliver(item: PublishItem): void {
    this.history.add(item, this.nowMs)
    for (const client of this.clients) client.take(item)
  }
}

class Client {
  readonly seen: number[] = []
  isHeld = false
  fromHistory = 0
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  come(): void {
    if (!this.isHeld) this.#catchUp()
    this.isHeld = true
  }

  take(item: PublishItem): void {
    if (!this.isHeld) return
    if (item.prevId === this.#lastId()) this.seen.push(Number(item.id))
    else {
      this.#world.forget()
      this.#catchUp()
    }
  }

  #catchUp(): void {
    const lastId = this.#lastId()
    const items = this.#world.history.after('c', lastId, this.#world.nowMs)
    if (items) this.fromHistory += items.length
    this.seen.push(...(items ? numbersOf(items) : range(this.seen.length, this.#world.published)))
  }

  #lastId(): string {
    return `${this.seen.at(-1) ?? -1}`
  }
}

const which = fc.nat(100)
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ event: fc.constant('publish' as const), isLost: fc.nat(9).map((n) => n === 0) }),
    },
    { weight: 6, arbitrary: fc.record({ event: fc.constant('arrive' as const), which }) },
    {
      weight: 1,
      arbitrary: fc.record({ event: fc.constantFrom('repeat' as const, 'recover' as const), which }),
    },
    { weight: 2, arbitrary: fc.record({ event: fc.constantFrom('come' as const, 'leave' as const), which }) },
    { weight: 1, arbitrary: fc.record({ event: fc.constant('tick' as const) }) },
  ),
  { maxLength: 100, size: 'max' },
)

describe('clients that come and go', () => {
  test('see every item of the chain once and in order', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const world = new World()
        for (const event of happened) {
          world.run(event)
          for (const { seen } of world.clients) expect(seen).toEqual(range(0, seen.length))
        }
        world.settle()
        for (const client of world.clients) {
          client.come()
          expect(client.seen).toEqual(range(0, client.seen.length))
          expect(client.seen.length).toBeGreaterThan(world.newestArrived)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('get what they missed from the history and not from the origin where nothing is lost', () => {
    const world = new World()
    const steps = 'come publish arrive publish leave arrive publish publish arrive arrive come'.split(' ')
    for (const event of steps) world.run({ event, which: 0, isLost: false } as Event)
    const client = world.clients[0]!
    expect(client.seen).toEqual(range(0, 4))
    expect(client.fromHistory).toBe(3)
  })
})
