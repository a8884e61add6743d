import './ownFetch.ts'
import { buildConnector } from 'undici'

/** What undici does not tell of the connections of a pool. */
export interface ConnectionWatch {
  /** A connection is failing at this very moment. */
  isFailing: boolean
  /** A connection was made in this turn of the event loop: the request that it is given may be its first. */
  isNew: boolean
}

/**
 * Connects as undici does, but for the server name, which is that of the options alone, and notes in `watch` while a connection is new, and while one reports an error. undici takes a body that
 * only the connection's end delimits for complete even when the connection was reset; whoever is told of that end can look here,
 * and knows that it is none.
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
      noteNew(watch)
      // Registered before undici's own listener, so it is called first.
      result[1]?.on('error', () => noteFailing(watch))
      callback(...result)
    })
  }
}

/** undici gives a new connection its request in the promise jobs that follow. */
function noteNew(watch: ConnectionWatch): void {
  watch.isNew = true
  setImmediate(() => {
    watch.isNew = false
  })
}

function noteFailing(watch: ConnectionWatch): void {
  watch.isFailing = true
  process.nextTick(() => {
    watch.isFailing = false
  })
}
