import './ownFetch.ts'
import { buildConnector } from 'undici'

/** What undici does not tell of the connections of a pool. */
export interface ConnectionWatch {
  /** A connection is failing at this very moment. */
  isFailing: boolean
}

/**
 * Connects as undici does, but for the server name, which is that of the options alone, and notes in `watch` while a connection
 * reports an error. undici takes a body that only the connection's end delimits for complete even when the connection was reset;
 * whoever is told of that end can look here, and knows that it is none.
 */
export function createWatchedConnector(
  options: buildConnector.BuildOptions & { readonly servername?: string },
  watch: ConnectionWatch,
): buildConnector.connector {
  const connect = buildConnector(options)
  return (place, callback) => {
    // undici would send the name of the Host field, or else that of its URL.
    const named = { ...place, servername: options.servername ?? '', host: '' }
    connect(named, (...result) => {
      // Registered before undici's own listener, so it is called first.
      result[1]?.on('error', () => noteFailing(watch))
      callback(...result)
    })
  }
}

function noteFailing(watch: ConnectionWatch): void {
  watch.isFailing = true
  process.nextTick(() => {
    watch.isFailing = false
  })
}
