import type { Server } from 'node:net'

/** What `net.Server` keeps of its options and does to each connection, and the socket that it listens on. */
interface OptionedServer {
  noDelay?: boolean
  keepAlive?: boolean
  _handle?: {
    setNoDelay?(enable: boolean): number
    setKeepAlive?(enable: boolean, delaySeconds: number): number
  } | null
}

/**
 * Sets `noDelay` and `keepAlive` on the listening socket, from which Linux gives them to each connection that it accepts: five system
 * calls less a connection. Undocumented: where it cannot be done, Node goes on setting them on each.
 */
export function letInherit(server: Server, keepAliveDelayMs: number): void {
  if (process.platform !== 'linux') return
  const optioned = server as OptionedServer
  const handle = optioned._handle
  if (typeof handle?.setNoDelay !== 'function' || typeof handle.setKeepAlive !== 'function') return
  if (handle.setNoDelay(true) === 0) optioned.noDelay = false
  if (handle.setKeepAlive(true, keepAliveDelayMs / 1000) === 0) optioned.keepAlive = false
}
