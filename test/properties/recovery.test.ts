import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Client, type ClientKind } from './recovery/client.ts'
import { MAX_DELAY_MS } from './recovery/logOrigin.ts'
import { MESSAGE_WAIT_MS, World, type WorldOptions } from './recovery/world.ts'

type Step =
  | { readonly kind: 'publish'; readonly fates: readonly Fate[] }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'come' }
  | { readonly kind: 'cut'; readonly client: number }
  | { readonly kind: 'recover' }

/** When each copy of an item reaches the hub after the origin knows it; none: it is lost. */
type Fate = readonly number[]

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant([0]) },
  { weight: 2, arbitrary: fc.nat(MESSAGE_WAIT_MS * 2).map((ms) => [ms]) },
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.nat(MESSAGE_WAIT_MS), { minLength: 2, maxLength: 3 }) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      fates: fc.array(fate, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.oneof(fc.nat(60), fc.nat(3000)) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('come' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cut' as const), client: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recover' as const) }) },
)
const settings = fc.record({
  idCacheTtlMs: fc.constantFrom(0, 60_000),
  updatesOnFirstSubscription: fc.boolean(),
  seed: fc.integer(),
})

/** Time for what waits to be given up, for origins to be asked, and for what they answer; less than any long poll takes. */
const SETTLE_MS = 20_000
const LAST_ITEMS = 4

function run(steps: readonly Step[], kind: ClientKind, options: WorldOptions): void {
  const world = new World(options)
  const clients = [new Client(world, kind)]
  for (const one of steps) take(one, world, { clients, kind })
  settle(world)
  for (const client of clients) {
    expect({ fault: client.fault, last: client.last }).toEqual({
      fault: undefined,
      last: world.origin.newest,
    })
  }
}

function take(one: Step, world: World, { clients, kind }: { clients: Client[]; kind: ClientKind }): void {
  switch (one.kind) {
    case 'publish':
      for (const copies of one.fates) publish(world, copies)
      break
    case 'pass':
      world.clock.advance(one.ms)
      break
    case 'come':
      if (clients.length < 5) clients.push(new Client(world, kind))
      break
    case 'cut':
      clients[one.client % clients.length]!.cut()
      break
    case 'recover':
      world.hub.recover()
      break
  }
}

/** The origin knows an item before anybody else does. */
function publish(world: World, copies: Fate): void {
  const number = ++world.origin.newest
  for (const delayMs of copies) {
    if (delayMs === 0) world.arrive(number)
    else world.clock.after(delayMs, () => world.arrive(number))
  }
}

/** What was lost shows when something follows: the last items arrive, and no fault happens any more. */
function settle(world: World): void {
  world.clock.advance(SETTLE_MS)
  world.origin.faultRate = 0
  const lagMs = world.random() * MAX_DELAY_MS
  for (let i = 0; i < LAST_ITEMS; i++) {
    publish(world, [lagMs])
    world.clock.advance(world.random() * MAX_DELAY_MS * 2)
  }
  world.clock.advance(SETTLE_MS)
}

const runs = Number(process.env['HOLDFAST_RECOVERY_RUNS'] ?? 300)

describe('whatever is lost, late or comes twice, and however often clients are cut, each gets every item once and in order', () => {
  it.each([
    ['long polls', 'poll', 0],
    ['long polls', 'poll', 3],
    ['long polls', 'poll', 100],
    ['streams with a next link', 'stream', 0],
    ['streams with a next link', 'stream', 3],
    ['streams with a next link', 'stream', 100],
    ['streams without a next link', 'sse', 3],
    ['streams without a next link', 'sse', 100],
    ['streams that resume by prev-id alone', 'events', 3],
    ['streams that resume by prev-id alone', 'events', 100],
  ] as const)('%s (%s), history_size %i', (_name, kind, historySize) => {
    const property = fc.property(fc.array(step, { maxLength: 40 }), settings, (steps, more) =>
      run(steps, kind, { historySize, ...more }),
    )
    fc.assert(property, { numRuns: runs })
  })
})
