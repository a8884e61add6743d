import type { MessageSocket, MessageSocketOwner, MessageType } from '../../src/edges/socket.ts'
import { createSocketPair } from '../../src/origin/localSocket.ts'
import { describeMessageSocket, type SocketPeer } from '../contracts/messageSocketContract.ts'
import { describeMessage } from '../support/recordingOwner.ts'

/** The other end of a socket of this process; answers a Close as the contract wants it. */
class LocalPeer implements SocketPeer, MessageSocketOwner {
  readonly heard: string[] = []
  readonly #socket: MessageSocket
  #hasClose = false

  constructor(socket: MessageSocket) {
    this.#socket = socket
    socket.owner = this
  }

  send(type: MessageType, content: string | Buffer): void {
    this.#socket.send(type, Buffer.from(content))
  }

  close(code?: number, reason = ''): void {
    this.#socket.close(code, reason)
  }

  leave(): void {
    this.#socket.destroy()
  }

  stopReading(): void {
    this.#socket.pause()
  }

  readOn(): void {
    this.#socket.resume()
  }

  onMessage(type: MessageType, content: Buffer): void {
    this.heard.push(describeMessage(type, content))
  }

  onClose(code: number | undefined, reason: string): void {
    this.#hasClose = true
    this.heard.push(`close ${code ?? 1005} ${reason}`.trim())
    this.#socket.close(code, reason)
  }

  onGone(): void {
    if (!this.#hasClose) this.heard.push('close 1006')
  }

  onDrain(): void {}
}

describeMessageSocket('of this process', async () => {
  const [socket, other] = createSocketPair()
  return { socket, peer: new LocalPeer(other), end: () => other.destroy() }
})
