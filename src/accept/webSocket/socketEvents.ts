import type { ClientConnection } from '../clientConnection.ts'

/** Hears what becomes of a connection. */
export interface ConnectionListener {
  /** The connection has brought bytes. */
  received(bytes: Buffer): void
  /** The client has ended its side of the connection. */
  peerEnded(): void
  /** The connection is closed. Nothing follows. */
  closed(): void
}

/** Set on a connection, so that one set of listener functions serves all. */
const listenerOf = Symbol('connectionListener')

interface ListenedSocket extends ClientConnection {
  [listenerOf]?: ConnectionListener | undefined
}

/** Tells the listener what becomes of the connection, at the cost of no closures. */
export function listenTo(connection: ClientConnection, listener: ConnectionListener): void {
  const socket = connection as ListenedSocket
  socket[listenerOf] = listener
  socket.on('data', onData)
  socket.on('end', onEnd)
  socket.on('error', onError)
  socket.on('close', onClose)
}

function onData(this: ListenedSocket, bytes: Buffer): void {
  this[listenerOf]?.received(bytes)
}

function onEnd(this: ListenedSocket): void {
  this[listenerOf]?.peerEnded()
}

/** A reset by the peer is an ordinary way for a client to leave; `close` follows and says so. */
function onError(this: ListenedSocket): void {
  this.destroy()
}

function onClose(this: ListenedSocket): void {
  const listener = this[listenerOf]
  this[listenerOf] = undefined
  listener?.closed()
}
