import type { ConnectionDirectory } from '../edges.ts'
import type { ConnectionTable } from '../stats/connections.ts'

/** Lets commands find connections in the table of all. A WebSocket that does not go over HTTP has nothing to refresh. */
export function createConnectionDirectory(connections: ConnectionTable): ConnectionDirectory {
  return {
    has: (id) => connections.find(id) !== undefined,
    refresh: (id) => {
      const connection = connections.find(id)
      if (connection?.kind !== 'ws') return false
      connection.holder?.refresh?.()
      return true
    },
  }
}
