import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PublishItem } from '../../src/grip/publishItem.ts'
import { Sequencer, type SequencerOptions } from '../../src/hub/sequencer.ts'
import { acceptance, type SequencerLike } from '../contracts/sequencerContract.ts'
import { idsOf, link } from '../hub/links.ts'
import { NaiveSequencer } from '../hub/naiveSequencer.ts'

const WAIT_MS = 5000
const TICK_MS = 1000
const TTL_MS = 1_000_000

/** How one item of a chain travels: lost, or arriving once or more often, each time less than WAIT_MS late. */
interface Journey {
  readonly gapMs: number
  readonly delaysMs: readonly number[]
}

const journey: fc.Arbitrary<Journey> = fc.record({
  gapMs: fc.nat(500),
  delaysMs: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(fc.nat(200), { minLength: 1, maxLength: 2 }) },
    { weight: 3, arbitrary: fc.array(fc.nat(WAIT_MS - 1), { minLength: 1, maxLength: 3 }) },
  ),
})

const journeys = fc.array(journey, { maxLength: 60, size: 'max' })

interface Arrival {
  readonly number: number
  readonly atMs: number
}

/** All arrivals by time. Item 0, which tells the sequencer where the chain begins, arrives at once. */
function arrivalsOf(chain: readonly Journey[]): Arrival[] {
  const arrivals: Arrival[] = [{ number: 0, atMs: 0 }]
  let publishedMs = 0
  for (const [i, { gapMs, delaysMs }] of chain.entries()) {
    publishedMs += gapMs
    for (const delayMs of delaysMs) arrivals.push({ number: i + 1, atMs: publishedMs + delayMs })
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs)
}

/** Lets the arrivals happen, with a tick each second, and returns what was handed out and when. */
function handOut(arrivals: readonly Arrival[]): Arrival[] {
  const sequencer = new Sequencer({ messageWaitMs: WAIT_MS, idCacheTtlMs: TTL_MS })
  const handedOut: Arrival[] = []
  const note = (items: readonly PublishItem[], atMs: number) => {
    for (const item of items) handedOut.push({ number: Number(item.id), atMs })
  }
  const endMs = (arrivals.at(-1)?.atMs ?? 0) + WAIT_MS + TICK_MS
  const rest = [...arrivals]
  for (let nowMs = 0; nowMs <= endMs; nowMs += TICK_MS) {
    while (rest[0] !== undefined && rest[0].atMs < nowMs) {
      const { number, atMs } = rest.shift()!
      const item = link(`${number}`, number === 0 ? undefined : `${number - 1}`)
      const outcome = sequencer.accept(item, { isHeld: true, nowMs: atMs })
      if (outcome.kind === 'delivered') note([item], atMs)
      else if (outcome.kind === 'released') note(outcome.items, atMs)
      else expect(outcome.kind).not.toBe('dropped')
    }
    note(sequencer.expire(nowMs), nowMs)
  }
  expect(sequencer.size.parked).toBe(0)
  return handedOut
}

describe('a chain that is delayed, repeated and has losses on its way', () => {
  test('loses and repeats nothing more', () => {
    fc.assert(
      fc.property(journeys, (chain) => {
        const arrivals = arrivalsOf(chain)
        const numbers = handOut(arrivals).map(({ number }) => number)
        expect(numbers.toSorted((a, b) => a - b)).toEqual(
          [...new Set(arrivals.map(({ number }) => number))].sort((a, b) => a - b),
        )
      }),
    )
  })

  test('comes out with each item behind the one that it names', () => {
    fc.assert(
      fc.property(journeys, (chain) => {
        const places = new Map(handOut(arrivalsOf(chain)).map(({ number }, place) => [number, place]))
        for (const [number, place] of places) expect(places.get(number - 1) ?? -1).toBeLessThan(place)
      }),
    )
  })

  test('comes out in order when one item is lost, or none', () => {
    fc.assert(
      fc.property(journeys, fc.nat(59), (chain, lost) => {
        const complete = chain.map((item, i) =>
          item.delaysMs.length > 0 || i === lost ? item : { ...item, delaysMs: [0] },
        )
        const numbers = handOut(arrivalsOf(complete)).map(({ number }) => number)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }),
    )
  })

  test('waits no longer than message_wait and a tick, and not at all without a gap', () => {
    fc.assert(
      fc.property(journeys, (chain) => {
        const arrivals = arrivalsOf(chain)
        const firstMs = new Map(arrivals.toReversed().map(({ number, atMs }) => [number, atMs]))
        let completeMs = 0
        const hasGap = Array.from({ length: chain.length + 1 }, (_, i) => i).map((i) => !firstMs.has(i))
        for (const { number, atMs } of handOut(arrivals)) {
          expect(atMs).toBeLessThanOrEqual(firstMs.get(number)! + WAIT_MS + TICK_MS)
          if (hasGap.indexOf(true) >= 0 && hasGap.indexOf(true) < number) continue
          completeMs = Math.max(completeMs, firstMs.get(number)!)
          expect(atMs).toBe(completeMs)
        }
      }),
    )
  })
})

interface Publish {
  readonly call: 'publish'
  readonly channel: string
  readonly id: string | undefined
  readonly prevId: string | undefined
  readonly noSeq: boolean
  readonly isHeld: boolean
}

type Call =
  | Publish
  | { readonly call: 'expire' | 'forgetAll' }
  | { readonly call: 'forget' | 'drop'; readonly channel: string }

const CHANNELS = ['a', 'b', 'd']
const channel = fc.constantFrom(...CHANNELS)
const id = fc.option(fc.nat(6).map(String), { nil: undefined, freq: 8 })
const isOneOf = (count: number) => fc.nat(count - 1).map((value) => value === 0)

/** Ids of an item and of the one before it: mostly numbers in a row. */
const ids = fc.oneof(
  { weight: 3, arbitrary: fc.nat(6).map((number) => ({ id: `${number + 1}`, prevId: `${number}` })) },
  { weight: 2, arbitrary: fc.record({ id, prevId: id }) },
)

const publish: fc.Arbitrary<Publish> = fc
  .record({
    call: fc.constant('publish' as const),
    channel,
    ids,
    noSeq: isOneOf(8),
    isHeld: isOneOf(6).map((value) => !value),
  })
  .map(({ ids, ...rest }) => ({ ...ids, ...rest }))

const otherCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ call: fc.constantFrom('expire' as const, 'forgetAll' as const) }),
  fc.record({ call: fc.constantFrom('forget' as const, 'drop' as const), channel }),
)

/** Calls, each with the milliseconds that pass before it. */
const calls = fc.array(
  fc.tuple(
    fc.oneof(fc.constant(0), fc.nat(400)),
    fc.oneof({ weight: 5, arbitrary: publish }, { weight: 1, arbitrary: otherCall }),
  ),
  { maxLength: 80, size: 'max' },
)

const options: fc.Arbitrary<SequencerOptions> = fc.record({
  messageWaitMs: fc.constantFrom(0, 500, 500, 500),
  idCacheTtlMs: fc.constantFrom(0, 0, 300, 2000),
  limits: fc.record({
    maxLastIds: fc.integer({ min: 1, max: 4 }),
    maxParkedPerChannel: fc.integer({ min: 1, max: 6 }),
    maxParked: fc.integer({ min: 2, max: 10 }),
    maxSeenIds: fc.integer({ min: 1, max: 10 }),
  }),
})

/** Makes the call and returns what it answers, as text. */
function make(call: Call, sequencer: SequencerLike, nowMs: number): string {
  switch (call.call) {
    case 'publish':
      return acceptance(sequencer, link(call.id, call.prevId, call), { isHeld: call.isHeld, nowMs })
    case 'expire':
      return idsOf(sequencer.expire(nowMs))
    case 'drop':
      return idsOf(sequencer.drop(call.channel))
    case 'forget':
      sequencer.forget(call.channel)
      return ''
    case 'forgetAll':
      sequencer.forgetAll()
      return ''
  }
}

describe('random calls', () => {
  test('have the same results as in the naive model', () => {
    fc.assert(
      fc.property(options, calls, (settings, made) => {
        const real = new Sequencer(settings)
        const model = new NaiveSequencer(settings)
        let nowMs = 0
        for (const [pauseMs, call] of made) {
          nowMs += pauseMs
          expect(make(call, real, nowMs)).toBe(make(call, model, nowMs))
          expect(real.size).toEqual(model.size)
          for (const name of CHANNELS) expect(real.lastId(name)).toBe(model.lastId(name))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('come to every outcome, so that the property above is about all of them', () => {
    const counts = { duplicate: 0, parked: 0, 'prev-id-taken': 0, 'parking-full': 0, released: 0, expired: 0 }
    for (const [settings, made] of fc.sample(fc.tuple(options, calls), { numRuns: 500, seed: 1 })) {
      const sequencer = new Sequencer(settings)
      let nowMs = 0
      for (const [pauseMs, call] of made) {
        nowMs += pauseMs
        const result = make(call, sequencer, nowMs)
        if (call.call === 'publish' && result.includes(' ') && !result.startsWith('dropped'))
          counts.released++
        if (call.call === 'expire' && result !== '') counts.expired++
        const outcome = result.replace('dropped: ', '')
        if (outcome in counts) counts[outcome as keyof typeof counts]++
      }
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100)
  })
})
