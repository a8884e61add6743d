import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Socket } from 'zeromq'
import { HoldfastError } from '../errors.ts'

/**
 * The largest message that is taken, each part counted by itself. libzmq drops the connection that brings a larger one, before it is in
 * memory; its publisher goes on with the next message. Parsing what large messages hold takes about a second for 100 MB, in which nobody is served.
 */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

/** How a socket is bound. */
export interface BindOptions {
  /** Mode of the file of an ipc socket; undefined leaves it to the umask. Pushpin: `ipc_file_mode`. */
  readonly ipcFileMode: number | undefined
}

/**
 * Binds a ZeroMQ socket to a spec; the folder of an ipc socket is made where there is none. Throws LISTEN_FAILED; the text
 * begins as Pushpin's does, operations.md §1.1.
 */
export async function bindSocket(socket: Socket, spec: string, { ipcFileMode }: BindOptions): Promise<void> {
  try {
    const path = ipcPath(spec)
    if (isIpv6(spec)) socket.ipv6 = true
    if (path !== undefined) mkdirSync(dirname(path), { recursive: true })
    await socket.bind(spec)
    if (path !== undefined && ipcFileMode !== undefined) chmodSync(path, ipcFileMode)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new HoldfastError('LISTEN_FAILED', `unable to bind to ${spec}: ${reason}`, { cause })
  }
}

/** Connects a ZeroMQ socket to a spec, now and again whenever it is lost. Throws LISTEN_FAILED when it is no address. */
export function connectSocket(socket: Socket, spec: string): void {
  try {
    if (isIpv6(spec)) socket.ipv6 = true
    socket.connect(spec)
  } catch (cause) {
    throw new HoldfastError('LISTEN_FAILED', `unable to connect to ${spec}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** Tells whether a spec names an IPv6 address: those are in brackets. */
function isIpv6(spec: string): boolean {
  return spec.startsWith('tcp://[')
}

/** Answers the file of an ipc spec; `@` marks names that have none. */
function ipcPath(spec: string): string | undefined {
  if (!spec.startsWith('ipc://') || spec.startsWith('ipc://@')) return undefined
  return spec.slice('ipc://'.length)
}
