import { describe, expect, it } from 'vitest'
import type { Drainable } from '../../src/hold/holdEnvironment.ts'
import { drainHolds } from '../../src/server/drain.ts'
import { FakeClock } from '../support/fakeClock.ts'

/** Park and Miller's generator: the same numbers in each run. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Holds that leave the set when they are shut down, with a drain to begin. */
function setUp(count: number, random = seededRandom(1)) {
  const clock = new FakeClock()
  const holds = new Set<Drainable>()
  const ended: number[] = []
  const order: number[] = []
  const add = (onShutdown = (): void => {}): void => {
    const number = holds.size
    const hold: Drainable = {
      shutdown: () => {
        holds.delete(hold)
        order.push(number)
        ended.push(clock.now())
        onShutdown()
      },
    }
    holds.add(hold)
  }
  for (let i = 0; i < count; i++) add()
  const startMs = clock.now()
  const drain = async (drainMs: number) => {
    let isDone = false
    void drainHolds(holds, { clock, drainMs, random }).then(() => {
      isDone = true
    })
    const pass = async (ms: number): Promise<boolean> => {
      clock.advance(ms)
      await Promise.resolve()
      return isDone
    }
    return { pass, isDone: await pass(0) }
  }
  return { clock, holds, ended, order, add, drain, elapsed: () => ended.map((ms) => ms - startMs) }
}

describe('a drain', () => {
  it('of nobody is over at once', async () => {
    const { drain, clock } = setUp(0)
    expect((await drain(10_000)).isDone).toBe(true)
    expect(clock.timerCount).toBe(0)
  })

  it('of one is over at once, whatever the drain time', async () => {
    const { drain, elapsed } = setUp(1)
    expect((await drain(10_000)).isDone).toBe(true)
    expect(elapsed()).toEqual([0])
  })

  it('without time lets all go at once', async () => {
    const { drain, elapsed } = setUp(5000)
    expect((await drain(0)).isDone).toBe(true)
    expect(new Set(elapsed())).toEqual(new Set([0]))
  })

  it('of many is spread evenly over the drain time and no longer', async () => {
    const { drain, elapsed, holds } = setUp(10_000)
    const { pass } = await drain(10_000)
    for (let second = 1; second < 10; second++) {
      expect(await pass(1000)).toBe(false)
      expect(Math.abs(holds.size - (10 - second) * 1000)).toBeLessThanOrEqual(50)
    }
    expect(await pass(1000)).toBe(true)
    expect(Math.max(...elapsed())).toBeLessThanOrEqual(10_000)
  })

  it('of a few does not take the whole drain time', async () => {
    const { drain, elapsed } = setUp(50)
    const { pass } = await drain(10_000)
    expect(await pass(550)).toBe(true)
    expect(Math.max(...elapsed())).toBeGreaterThan(300)
  })

  it('lets those go apart that came together', async () => {
    const { drain, order } = setUp(1000)
    const { pass } = await drain(10_000)
    await pass(5000)
    const together = order.filter((number) => number < 100)
    expect(together.length).toBeGreaterThan(25)
    expect(together.length).toBeLessThan(75)
  })

  it('that the process had no time for goes on evenly with what is left', async () => {
    const { drain, clock, holds } = setUp(10_000)
    const { pass } = await drain(10_000)
    clock.stall(4000)
    await pass(1000)
    expect(Math.abs(holds.size - (10_000 * 5) / 6)).toBeLessThan(200)
    await pass(2500)
    expect(Math.abs(holds.size - (10_000 * 2.5) / 6)).toBeLessThan(200)
    expect(await pass(2600)).toBe(true)
  })

  it('does not go in step with another that begins at the same time', async () => {
    const [one, other] = [setUp(1000, seededRandom(1)), setUp(1000, seededRandom(2))]
    for (const { drain } of [one, other]) await (await drain(10_000)).pass(5000)
    const moments = new Set(one.elapsed())
    const shared = other.elapsed().filter((ms) => moments.has(ms))
    expect(shared.length).toBeLessThan(100)
  })

  it.each([1, 7, 99, 101, 1999, 3001])(
    'of %d lets each go once, and leaves no timer behind',
    async (count) => {
      const { drain, ended, holds, clock } = setUp(count)
      const { pass } = await drain(1000)
      expect(await pass(1100)).toBe(true)
      expect([ended.length, holds.size, clock.timerCount]).toEqual([count, 0, 0])
    },
  )

  it('waits for holds that begin while it is under way', async () => {
    const { drain, add, holds, ended } = setUp(10)
    const { pass, isDone } = await drain(10_000)
    expect(isDone).toBe(false)
    for (let i = 0; i < 30; i++) add()
    await pass(50)
    expect(holds.size).toBeGreaterThan(0)
    expect(await pass(1000)).toBe(true)
    expect(ended.length).toBe(40)
  })

  it('takes holds that are ended by others, or that bring others, as they come', async () => {
    const { drain, add, holds, ended } = setUp(0)
    add(() => holds.clear())
    for (let i = 0; i < 20; i++) add()
    const first = await drain(10_000)
    expect(first.isDone).toBe(true)
    expect(ended.length).toBe(1)
    add(() => add())
    const second = await drain(10_000)
    expect(await second.pass(100)).toBe(true)
    expect(ended.length).toBe(3)
  })
})
