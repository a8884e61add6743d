import type { WebSocket } from 'ws'
import type { MessageType } from '../../src/edges/socket.ts'
import type { SocketPeer } from '../contracts/messageSocketContract.ts'
import { describeMessage } from './recordingOwner.ts'

/** The other end of a socket under test, played by the package `ws`, which answers a Close by itself and no pings here. */
export class WsPeer implements SocketPeer {
  readonly heard: string[] = []
  readonly #socket: WebSocket

  /** `socket` must have been made with `autoPong: false`. */
  constructor(socket: WebSocket) {
    this.#socket = socket
    const hear = (type: MessageType, content: Buffer) => void this.heard.push(describeMessage(type, content))
    socket.on('message', (content: Buffer, isBinary) => hear(isBinary ? 'binary' : 'text', content))
    socket.on('ping', (content) => hear('ping', content))
    socket.on('pong', (content) => hear('pong', content))
    socket.on('close', (code, reason) => void this.heard.push(`close ${code} ${reason.toString()}`.trim()))
    socket.on('error', () => {})
  }

  send(type: MessageType, content: string | Buffer): void {
    if (type === 'ping') this.#socket.ping(content)
    else if (type === 'pong') this.#socket.pong(content)
    else this.#socket.send(content, { binary: type === 'binary' })
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  leave(): void {
    this.#socket.terminate()
  }

  stopReading(): void {
    this.#socket.pause()
  }

  readOn(): void {
    this.#socket.resume()
  }
}
