import type { Config } from '../config/config.ts'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'
import type { GivenSockets } from '../util/givenSockets.ts'

/** Throws TAKEOVER_FAILED when a server has sockets open that cannot be passed to another process, which would not get them either. */
export function checkTakeover({ handler, proxy }: Config): void {
  const { pullSpec, subSpecs, connectsSub, commandSpec, statsSpec } = handler
  const hasZeroMq =
    pullSpec !== undefined ||
    (subSpecs.length > 0 && !connectsSub) ||
    commandSpec !== undefined ||
    statsSpec !== undefined
  if (hasZeroMq) throw new HoldfastError('TAKEOVER_FAILED', 'ZeroMQ sockets cannot be taken over')
  if (handler.prometheusPort !== undefined || proxy.prometheusPort !== undefined)
    throw new HoldfastError('TAKEOVER_FAILED', 'a prometheus_port cannot be taken over')
}

/** Says which of the given sockets nobody has asked for. */
export function warnOfRest(given: GivenSockets, log: Log): void {
  for (const socket of given.rest) {
    const place = 'path' in socket ? socket.path : `${socket.host}:${socket.port}`
    log.warn(`the socket ${place} was given to this process, and nothing is configured to listen there`)
  }
}
