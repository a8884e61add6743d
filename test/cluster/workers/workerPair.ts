import { localFeed } from '../../../src/cluster/localFeed.ts'
import { ItemRelay } from '../../../src/cluster/workers/itemRelay.ts'
import { PrimaryLink } from '../../../src/cluster/workers/primaryLink.ts'
import { RelayBus } from '../../../src/cluster/workers/relayBus.ts'
import { WorkerLink } from '../../../src/cluster/workers/workerLink.ts'
import type { Hub } from '../../../src/hub/hub.ts'
import { Sequencer } from '../../../src/hub/sequencer.ts'
import { createCounters } from '../../../src/stats/counters.ts'
import { createTestHistory, createTestHub } from '../../hub/support.ts'
import { duplexPair } from '../../support/duplexPair.ts'
import { FakeClock } from '../../support/fakeClock.ts'
import { LinesLog } from '../../support/linesLog.ts'

/** A primary's relay with the workers that a test adds. */
export class TestPrimary {
  readonly clock = new FakeClock()
  readonly log = new LinesLog()
  readonly relay = new ItemRelay({
    clock: this.clock,
    log: this.log,
    counters: createCounters(),
    sequencer: new Sequencer({ messageWaitMs: 1000, idCacheTtlMs: 60_000 }),
    history: createTestHistory(),
    feed: localFeed,
  })
  readonly bus = new RelayBus(this.relay)

  addWorker(): TestWorker {
    return new TestWorker(this)
  }
}

/** A worker's hub, joined to the primary by a pipe. */
export class TestWorker {
  readonly hub: Hub
  readonly link: PrimaryLink
  readonly workerLink: WorkerLink
  readonly clock: FakeClock
  isPrimaryGone = false
  isWorkerGone = false

  constructor({ relay, bus, log }: TestPrimary) {
    const { hub, clock } = createTestHub(undefined, {
      sequencer: new Sequencer({ messageWaitMs: 0, idCacheTtlMs: 0 }),
      history: createTestHistory(),
    })
    this.hub = hub
    this.clock = clock
    const [a, b] = duplexPair()
    this.workerLink = new WorkerLink(a, {
      bus,
      relay,
      log,
      onTold: () => {},
      onStuck: () => {},
      onClose: () => (this.isWorkerGone = true),
    })
    this.link = new PrimaryLink(b, { hub, log, onClose: () => (this.isPrimaryGone = true) })
  }

  /** Waits until the channels are open. */
  open(...channels: string[]): Promise<void> {
    return new Promise((resolve) => this.link.open(channels, resolve))
  }
}
