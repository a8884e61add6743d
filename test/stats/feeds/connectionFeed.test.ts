import { describe, expect, it } from 'vitest'
import { ConnectionTable } from '../../../src/stats/connections.ts'
import { ConnectionFeed } from '../../../src/stats/feeds/connectionFeed.ts'
import type { PacketFields } from '../../../src/stats/feeds/packet.ts'
import { TrafficTable } from '../../../src/stats/routeTraffic.ts'
import { openTestConnection } from '../../support/connections.ts'

function createFeed(ttlSeconds = 8) {
  const traffic = new TrafficTable()
  const table = new ConnectionTable({ prefix: 'test', traffic })
  const sent: PacketFields[] = []
  const feed = new ConnectionFeed(table, { ttlSeconds, send: (_type, fields) => sent.push(fields) })
  table.watcher = feed
  return { table, traffic, feed, sent: () => sent.splice(0) }
}

describe('the feed of connections', () => {
  it('tells of the beginning and the end of one', () => {
    const { table, traffic, sent } = createFeed()
    const own = traffic.of({ id: 'own', hasExplicitId: true })
    const more = { traffic: own, peerAddress: '192.0.2.1', isSecure: true }
    const connection = openTestConnection(table, more)
    expect(sent()).toEqual([
      { id: 'test-0-1', route: 'own', type: 'http', 'peer-address': '192.0.2.1', ssl: true, ttl: 8 },
    ])
    table.close(connection)
    expect(sent()).toEqual([{ id: 'test-0-1', unavailable: true }])
  })

  it('leaves out what is not so: an address on a unix socket, TLS, a route without an id', () => {
    const { table, sent } = createFeed()
    openTestConnection(table, { kind: 'ws', givenId: 'uuid', peerAddress: '' })
    expect(JSON.parse(JSON.stringify(sent()))).toEqual([{ id: 'uuid', type: 'ws', ttl: 8 }])
  })

  it('tells of each again after three quarters of its lifetime', () => {
    const { table, feed, sent } = createFeed(8)
    for (let i = 0; i < 30; i++) openTestConnection(table)
    sent()
    for (let second = 0; second < 6; second++) {
      feed.tick()
      expect(sent()).toHaveLength(5)
    }
    feed.tick()
    expect(sent()[0]).toMatchObject({ id: 'test-0-1' })
  })
})
