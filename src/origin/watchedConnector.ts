import { buildConnector } from 'undici'

/** Tells whether a connection of the pool is failing at this very moment. */
export interface ConnectionWatch {
  isFailing: boolean
}

/**
 * Connects as undici does, and notes in `watch` while a connection reports an error. undici takes a body that only the
 * connection's end delimits for complete even when the connection was reset; whoever is told of that end can look here, and
 * knows that it is none.
 */
export function createWatchedConnector(
  options: buildConnector.BuildOptions,
  watch: ConnectionWatch,
): buildConnector.connector {
  const connect = buildConnector(options)
  return (place, callback) => {
    connect(place, (...result) => {
      // Registered before undici's own listener, so it is called first.
      result[1]?.on('error', () => {
        watch.isFailing = true
        process.nextTick(() => {
          watch.isFailing = false
        })
      })
      callback(...result)
    })
  }
}
