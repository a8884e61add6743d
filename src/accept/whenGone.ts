import type { Socket } from 'node:net'

/** Set on a Socket: what is called when it closes, whoever has its listeners by then. */
const goneListener = Symbol('goneListener')

interface WatchedSocket extends Socket {
  [goneListener]?: () => void
}

/** Calls `listener` when the connection closes, also when it is taken from `node:http` meanwhile. One for each socket. */
export function whenGone(socket: Socket, listener: () => void): void {
  ;(socket as WatchedSocket)[goneListener] = listener
  socket.once('close', listener)
}

/** Goes on watching a connection whose listeners were all removed. */
export function keepWatching(socket: Socket): void {
  const listener = (socket as WatchedSocket)[goneListener]
  if (listener !== undefined) socket.once('close', listener)
}
