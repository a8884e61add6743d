import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Ends a socket that nobody reads yet when its peer does; returns how to stop that. What the peer sends meanwhile stays
 * in the socket's buffer, up to its usual limit.
 */
export function watchForEnd(socket: Duplex): () => void {
  const onReadable = (): void => {
    if (socket.readableLength === 0) socket.read()
  }
  const onEnd = (): void => {
    socket.destroy()
  }
  socket.on('readable', onReadable)
  socket.on('end', onEnd)
  return () => {
    socket.off('readable', onReadable)
    socket.off('end', onEnd)
  }
}

/** Breaks a connection so that the peer sees that something may be missing, which an end would not say. */
export function breakSocket(socket: Duplex): void {
  if ('resetAndDestroy' in socket && !('encrypted' in socket)) (socket as Socket).resetAndDestroy()
  else socket.destroy()
}

/** Closes a connection when all that was written to it is sent. */
export function endSocket(socket: Duplex): void {
  // `node:http` names the type of an upgraded socket by its base class.
  ;(socket as Socket).destroySoon()
}
