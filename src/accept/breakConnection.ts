import type { Socket } from 'node:net'

/**
 * Ends a connection so that the client cannot take what it has for the whole: with a reset. An ordinary close is the mark of a
 * complete body where nothing else delimits it, as for HTTP/1.0 clients.
 */
export function breakConnection(socket: Socket): void {
  if ('encrypted' in socket || socket.destroyed) socket.destroy()
  else socket.resetAndDestroy()
}
