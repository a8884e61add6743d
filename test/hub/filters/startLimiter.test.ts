import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StartLimiter } from '../../../src/hub/filters/startLimiter.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { pass, settled } from './support.ts'

/** A limiter whose admissions are noted as they come. */
function createNoted(options?: ConstructorParameters<typeof StartLimiter>[1]) {
  const clock = new FakeClock()
  const limiter = new StartLimiter(clock, options)
  const noted: string[] = []
  const ask = (key: string, signal: AbortSignal = new AbortController().signal, name = key) =>
    void limiter.admit(key, signal).then((admission) => noted.push(`${name} ${admission}`))
  return { clock, limiter, noted, ask }
}

describe('the starts of filter requests', () => {
  it('are not delayed while there are few', async () => {
    const { clock, noted, ask } = createNoted()
    for (let i = 0; i < 3; i++) {
      ask('a')
      await pass(clock, 30)
    }
    expect(noted).toEqual(['a start', 'a start', 'a start'])
    expect(clock.timerCount).toBe(0)
  })

  it('are at most a hundred a second', async () => {
    const { clock, limiter, noted, ask } = createNoted()
    for (let i = 0; i < 1000; i++) ask('a')
    await settled()
    expect(noted).toHaveLength(3)
    await pass(clock, 1000)
    expect(noted.length).toBeGreaterThanOrEqual(100)
    expect(noted.length).toBeLessThanOrEqual(103)
    await pass(clock, 9000)
    expect(noted).toHaveLength(1000)
    expect(limiter.waiting).toBe(0)
    expect(clock.timerCount).toBe(0)
  })

  it('take turns by URL, in order within one', async () => {
    const { clock, noted, ask } = createNoted({ startsPerSecond: 1 })
    ask('a')
    for (const name of ['a1', 'a2', 'a3']) ask('a', undefined, name)
    for (const name of ['b1', 'b2']) ask('b', undefined, name)
    ask('c', undefined, 'c1')
    await pass(clock, 6000)
    expect(noted.map((line) => line.split(' ')[0])).toEqual(['a', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('are refused when too many wait', async () => {
    const { clock, noted, ask } = createNoted({ startsPerSecond: 1, maxWaiting: 1 })
    for (const key of ['a', 'b', 'c']) ask(key)
    await settled()
    expect(noted).toEqual(['a start', 'c full'])
    await pass(clock, 1000)
    expect(noted.at(-1)).toBe('b start')
  })

  it('are given up with the hold, which makes room at once', async () => {
    const { clock, limiter, noted, ask } = createNoted({ startsPerSecond: 1 })
    const hold = new AbortController()
    ask('a')
    ask('a', hold.signal, 'gone')
    ask('b')
    await settled()
    hold.abort()
    await settled()
    expect(noted).toEqual(['a start', 'gone cancelled'])
    expect(limiter.waiting).toBe(1)
    await pass(clock, 1000)
    expect(noted).toEqual(['a start', 'gone cancelled', 'b start'])
    ask('c', hold.signal)
    await settled()
    expect(noted.at(-1)).toBe('c cancelled')
  })

  it('keep to the rate when all that waited have given up', async () => {
    const { clock, noted, ask } = createNoted({ startsPerSecond: 1 })
    ask('a')
    for (let i = 0; i < 5; i++) {
      const hold = new AbortController()
      ask('a', hold.signal)
      await settled()
      hold.abort()
    }
    for (let i = 0; i < 5; i++) ask('b')
    await pass(clock, 2000)
    expect(noted.filter((line) => line === 'b start')).toHaveLength(2)
    expect(clock.timerCount).toBe(1)
  })

  it('are each decided once, and never more than the rate allows, whatever holds do', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      waitMs: fc.nat(40),
      givesUp: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, limiter, noted, ask } = createNoted({ maxWaiting: 10 })
        const startedMs = clock.now()
        for (const { key, waitMs, givesUp } of steps) {
          const hold = new AbortController()
          ask(key, hold.signal)
          await pass(clock, waitMs)
          if (givesUp) hold.abort()
        }
        await pass(clock, 1000)
        expect(noted).toHaveLength(steps.length)
        expect(limiter.waiting).toBe(0)
        expect(clock.timerCount).toBe(0)
        const starts = noted.filter((line) => line.endsWith('start')).length
        expect(starts).toBeLessThanOrEqual(6 + (clock.now() - startedMs) / 10)
      }),
      { numRuns: 100 },
    )
  })
})
