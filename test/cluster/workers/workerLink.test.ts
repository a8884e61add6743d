import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Reach } from '../../../src/cluster/workers/reach.ts'
import { MAX_QUEUED_BYTES, WorkerLink } from '../../../src/cluster/workers/workerLink.ts'
import { LinesLog } from '../../support/linesLog.ts'
import { TestPrimary } from './workerPair.ts'

/** A connection whose other end reads nothing. */
const unread = () => new Duplex({ read() {}, write() {} })

describe('WorkerLink', () => {
  it('gives a worker up that leaves more unread than is kept for it, and sends it nothing more', async () => {
    const { bus, relay } = new TestPrimary()
    let gaveUp = 0
    const stream = unread()
    const link = new WorkerLink(stream, {
      bus,
      relay,
      log: new LinesLog(),
      onTold: () => {},
      onStuck: () => gaveUp++,
      onClose: () => {},
    })
    const item = Buffer.alloc(MAX_QUEUED_BYTES / 4)
    for (let i = 0; i < 3; i++) link.take(item, new Reach())
    expect(gaveUp).toBe(0)
    const lastReach = new Reach()
    link.take(item, lastReach)
    expect(gaveUp).toBe(1)
    const { writableLength } = stream
    const laterReach = new Reach()
    link.take(item, laterReach)
    expect([gaveUp, stream.writableLength]).toEqual([1, writableLength])
    expect(laterReach.total()).toBe(0)
    const reached = lastReach.total()
    stream.destroy()
    expect(await reached).toBe(0)
  })
})
