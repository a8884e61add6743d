import { describe, expect, it } from 'vitest'
import type { PacketFields } from '../../../src/stats/feeds/packet.ts'
import { ReportFeed } from '../../../src/stats/feeds/reportFeed.ts'
import { restartPeak, TrafficTable } from '../../../src/stats/routeTraffic.ts'

function createReports() {
  const table = new TrafficTable()
  const items = { received: 0, blocksReceived: 0, blocksSent: 0 }
  const sent: PacketFields[] = []
  let nowMs = 500
  const feed = new ReportFeed(table, {
    items: () => items,
    send: (_type, fields) => sent.push(fields),
    nowMs,
  })
  /** Ends a period of ten seconds and answers the reports. */
  const period = (): PacketFields[] => {
    nowMs += 10_000
    feed.report(nowMs)
    for (const traffic of table.all()) restartPeak(traffic)
    return sent.splice(0)
  }
  const own = table.of({ id: 'own', hasExplicitId: true })
  return { table, items, period, own, shared: table.of(undefined) }
}

describe('reports', () => {
  it('have what came about in their period and not before', () => {
    const { own, period } = createReports()
    own.sent = 3
    own.clientContentBytesSent = 100
    expect(period()).toMatchObject([
      { route: 'own', sent: 3, 'client-content-bytes-sent': 100, duration: 10_000 },
    ])
    own.sent = 5
    expect(period()).toMatchObject([
      { route: 'own', sent: 2, 'client-content-bytes-sent': 0, duration: 10_000 },
    ])
  })

  it('are of routes that had something to report', () => {
    const { period, shared } = createReports()
    expect(period()).toEqual([])
    shared.minutes = 1
    expect(period()).toHaveLength(1)
    expect(period()).toEqual([])
  })

  it('have the most connections at one time, and end with one that has none', () => {
    const { table, own, period } = createReports()
    const seconds = [table.connect(own), table.connect(own)]
    table.disconnect(own, seconds[0]!)
    expect(period()).toMatchObject([{ connections: 2 }])
    expect(period()).toMatchObject([{ connections: 1 }])
    table.disconnect(own, seconds[1]!)
    expect(period()).toMatchObject([{ connections: 1 }])
    expect(period()).toMatchObject([{ connections: 0 }])
    expect(period()).toEqual([])
  })

  it('tell of items received, and of blocks where there are some, without a route', () => {
    const { own, shared, items, period } = createReports()
    items.received = 2
    own.sent = 1
    const [without, with_] = period()
    expect([without!['received'], with_!['received']]).toEqual([2, 0])
    expect(without!['blocks-received']).toBeUndefined()
    items.blocksReceived = 4
    items.blocksSent = 12
    shared.sent = 3
    expect(period()).toMatchObject([{ received: 0, 'blocks-received': 4, 'blocks-sent': 12, sent: 3 }])
  })
})
