import { describe, expect, it } from 'vitest'
import type { PacketFields } from '../../../src/stats/feeds/packet.ts'
import { ReportSums } from '../../../src/stats/feeds/reportSums.ts'

function createSums() {
  const sent: PacketFields[] = []
  const items = { received: 0, blocksReceived: 0 }
  const sums = new ReportSums({ send: (_type, fields) => sent.push(fields), items: () => items, nowMs: 0 })
  return {
    sums,
    items,
    tell: (worker: number, fields: PacketFields) =>
      sums.take(worker, { connections: 0, duration: 1, received: 9, ...fields }),
    /** What a period's end sends, of each report the fields that are not zero. */
    report: (nowMs: number) => {
      sums.report(nowMs)
      return sent
        .splice(0)
        .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value)))
    },
  }
}

describe('the reports of several workers', () => {
  it('become one for each route and period', () => {
    const { tell, report } = createSums()
    tell(1, { route: 'a', connections: 2, sent: 3, minutes: 1 })
    tell(2, { route: 'a', connections: 1, sent: 4, 'client-messages-sent': 5 })
    tell(2, { connections: 7 })
    expect(report(1000)).toEqual([
      { route: 'a', connections: 3, sent: 7, minutes: 1, 'client-messages-sent': 5, duration: 1000 },
      { connections: 7, duration: 1000 },
    ])
  })

  it('keep the connections of a worker whose own report comes a little late', () => {
    const { tell, report } = createSums()
    tell(1, { route: 'a', connections: 2, sent: 1 })
    report(1000)
    expect(report(2000)).toEqual([{ route: 'a', connections: 2, duration: 1000 }])
    tell(1, { route: 'a', connections: 2, sent: 1 })
    tell(1, { route: 'a', connections: 2, sent: 1 })
    expect(report(3000)).toEqual([{ route: 'a', connections: 2, sent: 2, duration: 1000 }])
  })

  it('end with one that has no connections', () => {
    const { tell, report } = createSums()
    tell(1, { route: 'a', connections: 1 })
    report(1000)
    tell(1, { route: 'a', connections: 0 })
    expect(report(2000)).toEqual([{ route: 'a', duration: 1000 }])
    expect(report(3000)).toEqual([])
  })

  it('lose the connections of a worker that has ended', () => {
    const { sums, tell, report } = createSums()
    tell(1, { route: 'a', connections: 1 })
    tell(2, { route: 'a', connections: 2 })
    report(1000)
    sums.gone(2)
    expect(report(2000)).toEqual([{ route: 'a', connections: 1, duration: 1000 }])
    sums.gone(1)
    expect(report(3000)).toEqual([{ route: 'a', duration: 1000 }])
    expect(report(4000)).toEqual([])
  })

  it('count items once, where they come in, whoever holds them', () => {
    const { items, tell, report } = createSums()
    tell(1, { connections: 1 })
    items.received = 5
    items.blocksReceived = 6
    expect(report(1000)).toEqual([{ connections: 1, received: 5, 'blocks-received': 6, duration: 1000 }])
    tell(1, { connections: 0 })
    report(2000)
    items.received = 6
    expect(report(3000)).toEqual([{ received: 1, duration: 1000 }])
  })
})
