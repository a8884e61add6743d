import { describe, expect, it } from 'vitest'
import { SubscriptionSums } from '../../../src/stats/feeds/subscriptionSums.ts'

function createSums() {
  const told: string[] = []
  const sums = new SubscriptionSums((channel, { kind, count }) => told.push(`${kind} ${channel} ${count}`))
  return {
    sums,
    holds: (worker: number, subscribers: number, { channel = 'c', mode = 'stream' } = {}) =>
      sums.take(worker, { channel, mode, subscribers, ttl: 60 }),
    leaves: (worker: number) => sums.take(worker, { channel: 'c', mode: 'stream', unavailable: true }),
    /** What was told since this was asked last. */
    told: () => told.splice(0),
  }
}

describe('the subscriptions of several workers', () => {
  it('are told as their sum, and not again when nothing has changed', () => {
    const { holds, told } = createSums()
    holds(1, 2)
    holds(2, 1)
    holds(2, 1)
    expect(told()).toEqual(['stream c 2', 'stream c 3'])
  })

  it('end only when the last worker has none', () => {
    const { holds, leaves, told } = createSums()
    holds(1, 2)
    holds(2, 1)
    told()
    leaves(1)
    expect(told()).toEqual(['stream c 1'])
    leaves(2)
    leaves(2)
    expect(told()).toEqual(['stream c 0'])
  })

  it('of a worker that has ended are gone, those of others stay', () => {
    const { sums, holds, told } = createSums()
    holds(1, 2)
    holds(2, 1)
    holds(1, 1, { channel: 'd', mode: 'ws' })
    holds(2, 1, { channel: 'e', mode: 'response' })
    told()
    sums.gone(1)
    expect(told()).toEqual(['stream c 1', 'socket d 0'])
    holds(1, 4)
    expect(told()).toEqual(['stream c 5'])
  })
})
