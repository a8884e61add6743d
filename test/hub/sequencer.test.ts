import { describe, expect, test } from 'vitest'
import { Sequencer } from '../../src/hub/sequencer.ts'
import { sequencerContract } from '../contracts/sequencerContract.ts'
import { link } from './links.ts'
import { NaiveSequencer } from './naiveSequencer.ts'

sequencerContract('Sequencer', (options) => new Sequencer(options))

// The properties compare the two, so the model has to keep the contract as well.
sequencerContract('the naive model', (options) => new NaiveSequencer(options))

describe('the cost of an item', () => {
  test('an item that arrives in its turn is answered with the same object each time', () => {
    const sequencer = new Sequencer({ messageWaitMs: 5000, idCacheTtlMs: 60_000 })
    const options = { isHeld: true, nowMs: 0 }
    const first = sequencer.accept(link('1'), options)
    expect(first).toEqual({ kind: 'delivered' })
    expect(Object.isFrozen(first)).toBe(true)
    expect(sequencer.accept(link('2', '1'), options)).toBe(first)
    expect(sequencer.accept(link(undefined), options)).toBe(first)
  })

  test('a tick at which nothing is due is answered with the same list each time', () => {
    const sequencer = new Sequencer({ messageWaitMs: 5000, idCacheTtlMs: 60_000 })
    expect(sequencer.expire(0)).toEqual([])
    expect(sequencer.expire(1)).toBe(sequencer.expire(2))
  })
})
