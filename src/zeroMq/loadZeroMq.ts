import { HoldfastError } from '../errors.ts'

export type { Publisher, Pull, Router, Socket, Subscriber } from 'zeromq'

/** The ZeroMQ binding, as its package exports it. */
export type ZeroMq = typeof import('zeromq')

/**
 * Loads the package `zeromq`, which is optional: only servers with a ZeroMQ socket in their configuration, and publishers to one, need it.
 * Throws ZEROMQ_UNAVAILABLE when it is not installed, or not built for this machine.
 */
export async function loadZeroMq(load: () => Promise<ZeroMq> = () => import('zeromq')): Promise<ZeroMq> {
  try {
    return await load()
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    const reason = isMissing ? 'is not installed' : `cannot be loaded: ${(cause as Error).message}`
    const text = `ZeroMQ sockets need the package zeromq, which ${reason}; see: npm install zeromq@6`
    throw new HoldfastError('ZEROMQ_UNAVAILABLE', text, { cause })
  }
}
