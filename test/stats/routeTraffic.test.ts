import { describe, expect, it } from 'vitest'
import { type RouteTraffic, restartPeak, TrafficTable } from '../../src/stats/routeTraffic.ts'

function tick(table: TrafficTable, seconds: number): void {
  for (let i = 0; i < seconds; i++) table.tick()
}

function connect(table: TrafficTable, traffic: RouteTraffic): () => void {
  const second = table.connect(traffic)
  return () => table.disconnect(traffic, second)
}

describe('the numbers of routes', () => {
  it('are kept apart for routes that name their id, and together for the others', () => {
    const table = new TrafficTable()
    const own = table.of({ id: 'a', hasExplicitId: true })
    expect(own.routeId).toBe('a')
    expect(table.of({ id: 'a', hasExplicitId: true })).toBe(own)
    const shared = table.of({ id: '*,*,*,*', hasExplicitId: false })
    expect(shared.routeId).toBeUndefined()
    expect(table.of({ id: 'other', hasExplicitId: false })).toBe(shared)
    expect([...table.all()]).toEqual([shared, own])
  })

  it('count a minute when a connection begins, and one for each further full minute', () => {
    const table = new TrafficTable()
    const traffic = table.of(undefined)
    tick(table, 17)
    const disconnect = connect(table, traffic)
    expect(traffic.minutes).toBe(1)
    tick(table, 59)
    expect(traffic.minutes).toBe(1)
    tick(table, 1)
    expect(traffic.minutes).toBe(2)
    tick(table, 60)
    expect(traffic.minutes).toBe(3)
    disconnect()
    tick(table, 600)
    expect(traffic.minutes).toBe(3)
  })

  it('know the highest number of connections of a period', () => {
    const table = new TrafficTable()
    const traffic = table.of(undefined)
    const ends = [connect(table, traffic), connect(table, traffic), connect(table, traffic)]
    ends[0]!()
    ends[1]!()
    expect([traffic.connections, traffic.peakConnections]).toEqual([1, 3])
    restartPeak(traffic)
    expect(traffic.peakConnections).toBe(1)
  })
})
