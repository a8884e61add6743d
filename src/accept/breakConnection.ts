import type { Socket } from 'node:net'
import type { ClientConnection } from './clientConnection.ts'

/**
 * Ends a connection so that the client cannot take what it has for the whole: with a reset. An ordinary close is the mark of a
 * complete body where nothing else delimits it, as for HTTP/1.0 clients.
 */
export function breakConnection(socket: ClientConnection): void {
  if (canReset(socket)) socket.resetAndDestroy()
  else socket.destroy()
}

/** Only plain TCP sockets can; TLS and HTTP/2 mark a complete end themselves, and unix sockets have no other end. */
function canReset(socket: ClientConnection): socket is Socket {
  const { _handle: handle } = socket as { _handle?: { reset?: unknown } | null }
  return !('encrypted' in socket) && typeof handle?.reset === 'function'
}
