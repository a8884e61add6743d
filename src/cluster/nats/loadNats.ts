import { HoldfastError } from '../../errors.ts'

/** The client of NATS, as its package exports it. */
export type Nats = typeof import('@nats-io/transport-node')

/**
 * Loads the package of the NATS client, which is optional: only nodes with NATS servers in their configuration need it. Throws
 * NATS_UNAVAILABLE when it is not installed.
 */
export async function loadNats(
  load: () => Promise<Nats> = () => import('@nats-io/transport-node'),
): Promise<Nats> {
  try {
    return await load()
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    const reason = isMissing ? 'is not installed' : `cannot be loaded: ${(cause as Error).message}`
    const text = `nats_servers needs the package @nats-io/transport-node, which ${reason}; see: npm install @nats-io/transport-node@3`
    throw new HoldfastError('NATS_UNAVAILABLE', text, { cause })
  }
}
