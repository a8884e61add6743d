import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { NoteLimiter, type NoteRate } from '../../src/util/noteLimiter.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function limited(rate?: NoteRate) {
  const told: string[] = []
  const limiter = new NoteLimiter(
    {
      note: (text) => told.push(text),
      more: (count) => told.push(`${count} more`),
    },
    rate,
  )
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

it('tells as many notes in as much time as it is made for, from the first one on', () => {
  const { told, limiter } = limited({ notes: 2, intervalMs: 10_000 })
  limiter.note('a')
  vi.advanceTimersByTime(9999)
  for (const text of ['b', 'c', 'd']) limiter.note(text)
  expect(told).toEqual(['a', 'b'])
  vi.advanceTimersByTime(1)
  limiter.note('e')
  expect(told).toEqual(['a', 'b', '2 more', 'e'])
})

it('tells the sum when it is asked to', () => {
  const { told, limiter } = limited()
  for (const text of ['a', 'b']) limiter.note(text)
  limiter.flush()
  expect(told).toEqual(['a', '1 more'])
  vi.advanceTimersByTime(5000)
  limiter.flush()
  expect(told).toEqual(['a', '1 more'])
})
