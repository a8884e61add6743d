import type { ListenOptions, Server } from 'node:net'
import type { Log } from '../edges/log.ts'
import { HoldfastError } from '../errors.ts'

/** Pending connections that the kernel may keep; it caps this at its own limit. */
const LISTEN_BACKLOG = 4096

/** Lets a server listen at a place, or on a descriptor; `shown` names it in messages. Throws LISTEN_FAILED. */
export function listenAt(
  server: Server,
  where: ListenOptions | { readonly fd: number },
  { shown, log }: { readonly shown: string; readonly log: Log },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const text = `cannot listen on ${shown}: ${error.code ?? error.message}`
      reject(new HoldfastError('LISTEN_FAILED', text, { cause: error }))
    }
    server.once('error', onError)
    server.listen({ ...where, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', onError)
      server.on('error', (error) => log.error(`listener: ${error.message}`))
      resolve()
    })
  })
}
