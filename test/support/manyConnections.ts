import { LocalDirectory } from '../../src/cluster/localDirectory.ts'
import type { ConnectionTable, Holder } from '../../src/stats/connections.ts'
import { systemClock } from '../../src/systemClock.ts'
import { createTestHub } from '../hub/support.ts'
import { createTestConnections, openTestConnection } from './connections.ts'

/** A directory with so many held connections that have no sockets, as `fillTable` makes them; `prefix` begins their ids. */
export function createCrowdedDirectory(count: number, prefix = 'test'): LocalDirectory {
  const connections = createTestConnections(prefix)
  fillTable(connections, count)
  return new LocalDirectory({ hub: createTestHub().hub, connections, clock: systemClock })
}

const KINDS: readonly Holder['kind'][] = ['stream', 'response', 'socket']

/** Puts connections of seven routes into a table, of all kinds and ages; every hundredth has bytes that wait. */
export function fillTable(connections: ConnectionTable, count: number): void {
  for (let i = 0; i < count; i++) {
    const nowMs = -((i * 7919) % 1_000_003)
    openTestConnection(connections, { routeId: `route-${i % 7}`, nowMs }).holder = createHolder(i)
  }
}

function createHolder(i: number): Holder {
  return {
    kind: KINDS[i % 3] as Holder['kind'],
    channelNames: [`room-${i}`],
    meta: { user: `user-${i}` },
    peerAddress: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    bytesQueued: i % 100 === 0 ? i : 0,
    kick: () => {},
  }
}
