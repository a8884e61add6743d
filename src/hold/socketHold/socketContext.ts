import type { MessageType } from '../../edges/socket.ts'
import type { HoldfastError } from '../../errors.ts'
import type { FilterNetwork } from '../../hub/filters/filterNetwork.ts'

/** What stands behind a held WebSocket: the relay to its origin, and what is known of the handshake. */
export interface SocketContext {
  /** Put before the names of channels in control messages. */
  readonly prefix: string
  /** Channels that the socket has whatever its origin says, by the names that publishers use. GRIP: `sub=`. */
  readonly implicitChannels: readonly string[]
  /** Channels that one socket may have. */
  readonly subscriptionMax: number
  /** Whether the client is told of faults. */
  readonly debug: boolean
  /** Lends the network to filters that ask somebody. */
  filterNetwork(signal: AbortSignal): FilterNetwork
  /** The socket has a channel now. */
  onSubscribed(name: string): void
  /** Asks the origin for news; false when it cannot be asked. GRIP: refresh. */
  refresh(): boolean
  /** The client has sent something; bytes are the receiver's. */
  onClientMessage(type: MessageType, content: Buffer): void
  /** The client has sent a Close, which is not answered yet. */
  onClientClose(code: number | undefined, reason: string): void
  /** The client is gone without our having ended the socket. */
  onClientGone(fault: HoldfastError | undefined): void
  /** The client has taken all that was sent. */
  onClientDrain(): void
  /** The socket is ended here, with a Close to the client: the origin is to be told as a client would. */
  onEnding(code: number | undefined): void
  /** The socket is broken off here: the origin is to see the client vanish. */
  onBreaking(): void
}
