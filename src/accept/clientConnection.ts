import type { Duplex } from 'node:stream'

/** A client's connection that is ours alone: a socket, or one stream of an HTTP/2 connection that stands for one. */
export interface ClientConnection extends Duplex {
  /** The client's IP address; empty or undefined on a unix socket. */
  readonly remoteAddress?: string | undefined
  /** Bytes that the client has taken, where it is not the handle of a socket that counts them. */
  readonly bytesTaken?: number
}
