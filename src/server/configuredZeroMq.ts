import type { Config } from '../config/config.ts'
import { hasOnlyLocalZeroMq, type ZeroMqPlace, zeroMqPlaces } from '../config/zeroMqPlaces.ts'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import { loadZeroMq, type ZeroMq } from '../zeroMq/loadZeroMq.ts'

/** For which sockets ZeroMQ is wanted. */
export interface ConfiguredZeroMqOptions {
  /** The settings whose sockets are to be opened. */
  readonly keys: readonly ZeroMqPlace['key'][]
  readonly log: Pick<Log, 'error'>
  /** For tests. */
  readonly load?: () => Promise<ZeroMq>
}

/**
 * Loads the package for ZeroMQ sockets; answers undefined when there are none to open. Where it cannot be loaded, a server whose sockets
 * are all for its own machine goes on without them, and says so as an error: an installation of Pushpin has such sockets without
 * anybody having asked for them. Throws ZEROMQ_UNAVAILABLE for all other configurations, in which somebody has.
 */
export async function loadConfiguredZeroMq(
  config: Pick<Config, 'handler'>,
  { keys, log, load = loadZeroMq }: ConfiguredZeroMqOptions,
): Promise<ZeroMq | undefined> {
  const wanted = zeroMqPlaces(config).filter(({ key }) => keys.includes(key))
  if (wanted.length === 0) return undefined
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof HoldfastError) || !hasOnlyLocalZeroMq(config)) throw error
    const names = wanted.map(({ key }) => key).join(', ')
    log.error(`going on without ${names}: ${error.message}`, { code: error.code })
    return undefined
  }
}
