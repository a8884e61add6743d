import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs'
import { HoldfastError } from '../errors.ts'

/** A unix socket for clients. */
export interface LocalPlace {
  readonly path: string
  /** Permission bits of the file; undefined leaves what the umask makes of them. */
  readonly mode: number | undefined
  /** Numeric owner; undefined leaves it to the operating system. */
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** For this worker process alone; otherwise it is shared with the others. */
  readonly exclusive?: boolean
}

/** Removes the socket that a run before has left at a path. Throws LISTEN_FAILED when something else is there. */
export function removeStaleSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new HoldfastError('LISTEN_FAILED', `cannot listen on ${path}: a file that is no socket is there`)
  }
  unlinkSync(path)
}

/** Gives the file of an open socket its mode and owner. Throws LISTEN_FAILED when we may not. */
export function openLocalSocket({ path, mode, uid, gid }: LocalPlace): void {
  try {
    // -1 leaves what is there.
    if (uid !== undefined || gid !== undefined) chownSync(path, uid ?? -1, gid ?? -1)
    if (mode !== undefined) chmodSync(path, mode)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new HoldfastError('LISTEN_FAILED', `cannot set mode or owner of ${path}: ${reason}`, {
      cause: error,
    })
  }
}
