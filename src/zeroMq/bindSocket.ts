import { chmodSync } from 'node:fs'
import type { Socket } from 'zeromq'
import { HoldfastError } from '../errors.ts'

export interface BindOptions {
  /** Mode of the file of an ipc socket; undefined leaves it to the umask. Pushpin: `ipc_file_mode`. */
  readonly ipcFileMode: number | undefined
}

/** Binds a ZeroMQ socket to a spec. Throws LISTEN_FAILED; the text begins as Pushpin's does, operations.md §1.1. */
export async function bindSocket(socket: Socket, spec: string, { ipcFileMode }: BindOptions): Promise<void> {
  try {
    if (isIpv6(spec)) socket.ipv6 = true
    await socket.bind(spec)
    const path = ipcPath(spec)
    if (path !== undefined && ipcFileMode !== undefined) chmodSync(path, ipcFileMode)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new HoldfastError('LISTEN_FAILED', `unable to bind to ${spec}: ${reason}`, { cause })
  }
}

/** Tells whether a spec names an IPv6 address: those are in brackets. */
export function isIpv6(spec: string): boolean {
  return spec.startsWith('tcp://[')
}

/** Answers the file of an ipc spec; `@` marks names that have none. */
function ipcPath(spec: string): string | undefined {
  if (!spec.startsWith('ipc://') || spec.startsWith('ipc://@')) return undefined
  return spec.slice('ipc://'.length)
}
