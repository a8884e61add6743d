import { describe, expect, it } from 'vitest'
import type { ItemTaker } from '../../../src/cluster/workers/itemRelay.ts'
import type { Reach } from '../../../src/cluster/workers/reach.ts'
import { streamItem } from '../../support/items.ts'
import { TestPrimary } from './workerPair.ts'

/** A worker that confirms nothing by itself. */
class SilentTaker implements ItemTaker {
  readonly isGone = false
  readonly reaches: (Reach | undefined)[] = []

  take(_item: Buffer, reach: Reach | undefined): void {
    reach?.sent()
    this.reaches.push(reach)
  }

  recover(): void {}
}

describe('ItemRelay', () => {
  it('answers at once that nobody holds the channel of an item', () => {
    const { relay } = new TestPrimary()
    expect(relay.deliver(streamItem('a', 'x'))).toBe(0)
  })

  it('answers with the sum of all workers, when the last of them has the item', async () => {
    const { relay } = new TestPrimary()
    const takers = [new SilentTaker(), new SilentTaker()]
    for (const taker of takers) relay.open(taker, ['a'], () => {})
    const total = relay.deliver(streamItem('a', 'x'))
    expect(total).toBeInstanceOf(Promise)
    for (const [i, { reaches }] of takers.entries()) reaches[0]?.reached(i + 1)
    expect(await total).toBe(3)
  })

  it('answers for each of several items, held or not, in their order', async () => {
    const { relay } = new TestPrimary()
    const taker = new SilentTaker()
    relay.open(taker, ['a'], () => {})
    const outcomes = relay.publish([streamItem('b', '1'), streamItem('a', '2'), streamItem('b', '3')])
    taker.reaches[0]?.reached(5)
    expect(await outcomes).toEqual([{ holds: 0 }, { holds: 5 }, { holds: 0 }])
  })
})
