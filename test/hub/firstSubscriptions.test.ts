import { expect, it } from 'vitest'
import { FirstSubscriptions } from '../../src/hub/firstSubscriptions.ts'

it('a channel is due once, a second after its first subscription', () => {
  const first = new FirstSubscriptions()
  first.add('a', 0)
  first.add('b', 400)
  expect(first.takeDue(999)).toEqual([])
  expect(first.takeDue(1000)).toEqual(['a'])
  expect(first.takeDue(5000)).toEqual(['b'])
  expect(first.takeDue(9000)).toEqual([])
})

it('a channel that is opened again waits anew', () => {
  const first = new FirstSubscriptions()
  first.add('a', 0)
  first.add('b', 100)
  first.add('a', 900)
  expect(first.takeDue(1100)).toEqual(['b'])
  expect(first.takeDue(1900)).toEqual(['a'])
})
