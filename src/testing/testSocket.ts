import { WebSocket } from 'ws'
import { Inbox } from './inbox.ts'

/** A WebSocket, as its client sees it. */
export class TestSocket {
  readonly #socket: WebSocket
  readonly #messages: Inbox<string | Buffer>
  readonly #closed: Promise<{ readonly code: number; readonly reason: string }>

  private constructor(socket: WebSocket, path: string) {
    this.#socket = socket
    this.#messages = new Inbox(`WebSocket ${path}`)
    socket.on('message', (content: Buffer, isBinary: boolean) => {
      this.#messages.put(isBinary ? content : content.toString())
    })
    this.#closed = new Promise((resolve) => {
      socket.once('close', (code: number, reason: Buffer) => {
        this.#messages.end(`it was closed with ${code} ${reason}`)
        resolve({ code, reason: reason.toString() })
      })
    })
    socket.on('error', () => {})
  }

  /** Opens a WebSocket; rejects when the handshake is refused. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<TestSocket> {
    const wire = new WebSocket(url, { headers })
    const socket = new TestSocket(wire, new URL(url).pathname)
    await new Promise<void>((resolve, reject) => {
      wire.once('open', () => resolve()).once('error', reject)
    })
    return socket
  }

  send(content: string | Uint8Array): void {
    this.#socket.send(content)
  }

  /** Resolves to the next message: text as a string, binary as a Buffer. */
  next(patienceMs?: number): Promise<string | Buffer> {
    return this.#messages.next(patienceMs)
  }

  /** Resolves to how it was closed. */
  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.#closed
  }

  /** Closes it, and resolves to how it was closed. */
  close(code?: number, reason?: string): Promise<{ readonly code: number; readonly reason: string }> {
    this.#socket.close(code, reason)
    return this.#closed
  }

  /** Breaks the connection, as a client does that loses its network. */
  destroy(): void {
    this.#socket.terminate()
  }
}
