import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
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

/**
 * Makes the folder of a path where there is none, as `rundir` may be new. Throws LISTEN_FAILED when that fails, or when something
 * other than the socket of a run before is at the path.
 */
export function prepareLocalPlace(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new HoldfastError('LISTEN_FAILED', `cannot make the folder of ${path}: ${code ?? message}`, {
      cause,
    })
  }
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isSocket()) return
  throw new HoldfastError('LISTEN_FAILED', `cannot listen on ${path}: a file that is no socket is there`)
}

/**
 * Returns the name under which a socket is opened, before it gets its own. libuv removes the file that it has opened when the socket
 * closes, and that must not be the one on which another process has come to listen meanwhile.
 */
export function unplacedPath(path: string): string {
  return `${path}~`
}

/**
 * Gives the file of a socket that was just opened its mode and owner, and then its name, in place of that of a run before. Throws
 * LISTEN_FAILED when we may not.
 */
export function placeLocalSocket({ path, mode, uid, gid }: LocalPlace): void {
  const unplaced = unplacedPath(path)
  // Workers share one socket, and the first of them has done it.
  if (!existsSync(unplaced)) return
  try {
    // -1 leaves what is there.
    if (uid !== undefined || gid !== undefined) chownSync(unplaced, uid ?? -1, gid ?? -1)
    if (mode !== undefined) chmodSync(unplaced, mode)
    renameSync(unplaced, path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new HoldfastError('LISTEN_FAILED', `cannot set mode or owner of ${path}: ${reason}`, {
      cause: error,
    })
  }
}
