import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NoteLimiter } from '../../src/util/noteLimiter.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function limited() {
  const told: string[] = []
  const limiter = new NoteLimiter({
    note: (text) => told.push(text),
    more: (count) => told.push(`${count} more`),
  })
  return { told, limiter }
}

it('tells one note a second, and how many others there were', () => {
  const { told, limiter } = limited()
  for (const text of ['a', 'b', 'c']) limiter.note(text)
  expect(told).toEqual(['a'])
  vi.advanceTimersByTime(1000)
  expect(told).toEqual(['a', '2 more'])
  limiter.note('d')
  expect(told).toEqual(['a', '2 more', 'd'])
})

it('says nothing more of a note that was the only one', () => {
  const { told, limiter } = limited()
  limiter.note('a')
  vi.advanceTimersByTime(5000)
  limiter.note('b')
  expect(told).toEqual(['a', 'b'])
})
