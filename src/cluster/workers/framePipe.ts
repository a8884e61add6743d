import type { Duplex } from 'node:stream'

/** Bytes before a frame's content: its length, 4 bytes, and its type, 1 byte. */
const HEAD_BYTES = 5

/** Told of what comes over a FramePipe. */
export interface FramePipeOwner {
  /** The content is a view of what was read and is the owner's. */
  onFrame(type: number, content: Buffer): void
  onPipeClose(): void
}

/**
 * Sends and receives frames of bytes on a stream between two processes of ours. What is sent in one turn of the event loop is
 * written at once.
 */
export class FramePipe {
  readonly #stream: Duplex
  readonly #owner: FramePipeOwner
  #unread: Buffer[] = []
  #unreadBytes = 0
  #isFlushing = false

  constructor(stream: Duplex, owner: FramePipeOwner) {
    this.#stream = stream
    this.#owner = owner
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    // What breaks the pipe closes it.
    stream.on('error', () => stream.destroy())
    stream.on('end', () => stream.destroy())
    stream.once('close', () => owner.onPipeClose())
  }

  /** Bytes sent that the other process has not taken yet. */
  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  send(type: number, content: Buffer): void {
    if (this.#stream.destroyed) return
    if (!this.#isFlushing) {
      this.#isFlushing = true
      this.#stream.cork()
      process.nextTick(() => this.#flush())
    }
    const head = Buffer.allocUnsafe(HEAD_BYTES)
    head.writeUInt32LE(content.length, 0)
    head[4] = type
    this.#stream.write(head)
    this.#stream.write(content)
  }

  close(): void {
    this.#stream.destroy()
  }

  #flush(): void {
    this.#isFlushing = false
    this.#stream.uncork()
  }

  #onData(chunk: Buffer): void {
    this.#unread.push(chunk)
    this.#unreadBytes += chunk.length
    if (this.#unreadBytes < HEAD_BYTES || this.#unreadBytes < this.#neededBytes()) return
    const bytes = this.#unread.length === 1 ? chunk : Buffer.concat(this.#unread)
    const rest = bytes.subarray(this.#takeFrames(bytes))
    this.#unread = rest.length === 0 ? [] : [rest]
    this.#unreadBytes = rest.length
  }

  /** Known only when the length is in the first of the parts: else they are joined to see. */
  #neededBytes(): number {
    const [first] = this.#unread
    return first !== undefined && first.length >= HEAD_BYTES ? HEAD_BYTES + first.readUInt32LE(0) : HEAD_BYTES
  }

  /** Hands the whole frames on and returns where the next one begins. */
  #takeFrames(bytes: Buffer): number {
    let start = 0
    while (bytes.length - start >= HEAD_BYTES) {
      const end = start + HEAD_BYTES + bytes.readUInt32LE(start)
      if (end > bytes.length) break
      this.#owner.onFrame(bytes[start + 4] as number, bytes.subarray(start + HEAD_BYTES, end))
      start = end
    }
    return start
  }
}
