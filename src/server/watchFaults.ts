import type { Log } from '../edges/log.ts'

/** Faults that are told of; one that ends a server can be followed by as many as it has timers. */
const MAX_TOLD = 20

/**
 * Logs what nobody has caught, with the step that failed, and calls `end` once: what the program believes may not be true any more,
 * so that it is to let its clients go and end, and not to live on by half.
 */
export function watchFaults(log: Log, end: () => void): void {
  let count = 0
  process.on('uncaughtException', (error, origin) => {
    count++
    if (count <= MAX_TOLD)
      log.error(`fault in the program (${KINDS[origin]}), all clients are let go`, { error })
    if (count === 1) end()
  })
}

const KINDS: Readonly<Record<NodeJS.UncaughtExceptionOrigin, string>> = {
  uncaughtException: 'uncaught error',
  unhandledRejection: 'rejection that nobody waits for',
}
