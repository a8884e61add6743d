import type { PublishItem } from '../../src/grip/publishItem.ts'
import type { Batch } from '../../src/hub/batch.ts'
import { History } from '../../src/hub/history.ts'
import type { Hold, Subscription } from '../../src/hub/hold.ts'
import { type ChannelRequest, Hub, type HubOptions } from '../../src/hub/hub.ts'
import { RateLimit } from '../../src/hub/rateLimit.ts'
import { Sequencer } from '../../src/hub/sequencer.ts'
import type { HoldKind } from '../../src/stats/connections.ts'
import { createCounters } from '../../src/stats/counters.ts'
import { openTestConnection } from '../support/connections.ts'
import { FakeClock } from '../support/fakeClock.ts'
import { LinesLog } from '../support/linesLog.ts'

const MESSAGE_WAIT_MS = 1000

/** Requests for channels without filters, whose chain nobody follows. */
export function requestsOf(...names: readonly string[]): ChannelRequest[] {
  return names.map((name) => ({ name, prevId: undefined, filters: [] }))
}

/** A history that keeps all that a test publishes. */
export function createTestHistory(): History {
  return new History({ maxItems: 100, ttlMs: 60_000, maxBytes: 1_000_000, reorderMs: 2 * MESSAGE_WAIT_MS })
}

/** A hub with its surroundings; without history, and with no channel that lingers. */
export function createTestHub(
  rate?: { deliveriesPerSecond: number; maxWaiting?: number },
  more: Partial<HubOptions> = {},
) {
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
  const hub = new Hub({
    clock,
    log,
    counters,
    rateLimit,
    sequencer: new Sequencer({ messageWaitMs: MESSAGE_WAIT_MS, idCacheTtlMs: 0 }),
    history: undefined,
    lingerMs: 0,
    updatesOnFirstSubscription: false,
    ...more,
  })
  return { clock, log, counters, hub }
}

/** A hold that keeps what it is given. */
export class RecordingHold implements Hold {
  readonly kind: HoldKind
  readonly connection = openTestConnection()
  /** Contents in the order of delivery. */
  readonly received: string[] = []
  /** The contents of each delivery by itself. */
  readonly batches: string[][] = []
  readonly batchTimesMs: number[] = []
  /** Times that it was told to ask its origin, and those because items are lost to it. */
  updates = 0
  misses = 0
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

  update(): void {
    this.updates++
  }

  missed(): void {
    this.misses++
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
