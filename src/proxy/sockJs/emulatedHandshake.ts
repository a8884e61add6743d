import type { ClientHandshake, ClientSocket } from '../../edges/socket.ts'
import type { ResponseHead } from '../../util/headers.ts'
import { ALREADY_SENDING, TERMINATED } from './answers.ts'
import { EmulatedSocket } from './emulatedSocket.ts'
import { STILL_OPEN_FRAME } from './frames.ts'
import type { Receiver, ReceiverOwner } from './receiver.ts'
import type { SendRequest } from './sendRequest.ts'
import type { EmulationStage, SocketSlot } from './socketTable.ts'
import type { SockJsEnvironment } from './sockJsEnvironment.ts'

/**
 * The first request for frames of a client, as the handshake of the WebSocket that it stands for.
 *
 *     opening --accept--> EmulatedSocket
 *     opening --refuse, client left--> the id is free again
 */
export class EmulatedHandshake implements ClientHandshake, EmulationStage, ReceiverOwner {
  onClose: (() => void) | undefined
  readonly #environment: SockJsEnvironment
  readonly #peerAddress: string
  readonly #slot: SocketSlot
  readonly #receiver: Receiver
  /** Messages that came before the answer. */
  #early: SendRequest | undefined

  constructor(
    environment: SockJsEnvironment,
    client: { readonly peerAddress: string; readonly receiver: Receiver; readonly slot: SocketSlot },
  ) {
    this.#environment = environment
    this.#peerAddress = client.peerAddress
    this.#slot = client.slot
    this.#receiver = client.receiver
    this.#receiver.owner = this
    this.#slot.become(this)
  }

  /** The head is for an answer to a real handshake, and means nothing here. */
  accept(): ClientSocket {
    this.onClose = undefined
    const socket = new EmulatedSocket(this.#environment, this.#peerAddress, this.#slot)
    this.#slot.become(socket)
    socket.open(this.#receiver)
    if (this.#early !== undefined) socket.onMessages(this.#early)
    return socket
  }

  refuse(head: ResponseHead, body: Buffer): void {
    this.#end()
    this.#receiver.refuse({ ...head, body })
  }

  onReceiver(receiver: Receiver): void {
    receiver.giveLast(STILL_OPEN_FRAME)
  }

  onMessages(request: SendRequest): void {
    if (this.#early === undefined) this.#early = request
    else request.refuse(ALREADY_SENDING)
  }

  onReceiverDrain(): void {}

  onReceiverGone(): void {
    const { onClose } = this
    this.#end()
    onClose?.()
  }

  #end(): void {
    this.onClose = undefined
    this.#early?.refuse(TERMINATED)
    this.#early = undefined
    this.#slot.free()
  }
}
