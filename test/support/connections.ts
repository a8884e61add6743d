import { type Connection, ConnectionTable, type Opening } from '../../src/stats/connections.ts'
import { TrafficTable } from '../../src/stats/routeTraffic.ts'

/** A table of connections with numbers of its own. */
export function createTestConnections(prefix = 'test'): ConnectionTable {
  return new ConnectionTable({ prefix, traffic: new TrafficTable() })
}

/** Opens a connection of a route without an id of its own. */
export function openTestConnection(
  table: ConnectionTable = createTestConnections(),
  more: Partial<Opening> = {},
): Connection {
  return table.open({
    kind: 'http',
    routeId: 'route',
    traffic: new TrafficTable().of(undefined),
    peerAddress: undefined,
    isSecure: false,
    nowMs: 0,
    ...more,
  })
}
