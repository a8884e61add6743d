import type { PublishItem } from '../../src/grip/publishItem.ts'
import type { Batch } from '../../src/hub/batch.ts'
import type { Hold, HoldKind, Subscription } from '../../src/hub/hold.ts'
import { Hub } from '../../src/hub/hub.ts'
import { RateLimit } from '../../src/hub/rateLimit.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { LinesLog } from '../support/linesLog.ts'

/** A hub with its surroundings. */
export function createTestHub(rate?: { deliveriesPerSecond: number; maxWaiting?: number }) {
  const clock = new FakeClock()
  const log = new LinesLog()
  const counters = createCounters()
  const rateLimit =
    rate === undefined
      ? undefined
      : new RateLimit({
          log,
          counters,
          maxWaiting: rate.maxWaiting,
          deliveriesPerSecond: rate.deliveriesPerSecond,
        })
  return { clock, log, counters, hub: new Hub({ clock, log, counters, rateLimit }) }
}

/** A hold that keeps what it is given. */
export class RecordingHold implements Hold {
  readonly kind: HoldKind
  /** Contents in the order of delivery. */
  readonly received: string[] = []
  /** The contents of each delivery by itself. */
  readonly batches: string[][] = []
  readonly batchTimesMs: number[] = []
  onDeliver: ((batch: Batch, subscription: Subscription) => void) | undefined

  constructor(kind: HoldKind = 'stream') {
    this.kind = kind
  }

  deliver(batch: Batch, subscription: Subscription): void {
    const contents = batch.items.map(contentOf)
    this.received.push(...contents)
    this.batches.push(contents)
    this.batchTimesMs.push(batch.nowMs)
    this.onDeliver?.(batch, subscription)
  }
}

/** What an item carries, or its action. */
export function contentOf(item: PublishItem): string {
  if (item.httpStream?.action === 'send') return item.httpStream.content.toString()
  if (item.httpResponse?.action === 'send' && 'bytes' in item.httpResponse.body) {
    return item.httpResponse.body.bytes.toString()
  }
  return item.action ?? item.httpStream?.action ?? ''
}
