import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ClientStream, ClientStreamOwner } from '../../edges/client.ts'
import { resetStream } from './resetStream.ts'
import { endStream } from './respond.ts'

/** How long an ended stream may take to reach a client that reads slowly, before it is reset. */
const END_TIMEOUT_MS = 10_000

/** Set on a stream, so that one set of listener functions serves all. */
const heldOf = Symbol('heldStream')

interface HeldHttp2Stream extends ServerHttp2Stream {
  [heldOf]?: Http2HeldStream | undefined
}

/** A held response body on one stream of an HTTP/2 connection. Its siblings go on whatever becomes of it. */
export class Http2HeldStream implements ClientStream {
  readonly framing = 'raw'
  owner: ClientStreamOwner | undefined
  readonly peerAddress: string
  readonly #stream: ServerHttp2Stream
  #isEnded = false

  constructor(stream: ServerHttp2Stream, peerAddress: string) {
    this.#stream = stream
    this.peerAddress = peerAddress
    const held = stream as HeldHttp2Stream
    held[heldOf] = this
    held.on('close', onStreamClose)
    // What the client still sends has no meaning and is dropped; unread, it would keep the stream from its end.
    held.resume()
  }

  get bytesQueued(): number {
    return this.#stream.writableLength
  }

  write(wire: Buffer): void {
    if (this.#isEnded || this.#stream.destroyed) return
    this.#stream.write(wire, this.#onTaken)
  }

  readonly #onTaken = (error?: Error | null): void => {
    if (!error && this.bytesQueued === 0) this.owner?.onStreamDrain()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#stream.setTimeout(END_TIMEOUT_MS, () => this.destroy())
    endStream(this.#stream)
  }

  destroy(): void {
    this.#isEnded = true
    resetStream(this.#stream, constants.NGHTTP2_INTERNAL_ERROR)
  }

  /** The stream is gone. */
  closed(): void {
    this.#isEnded = true
    this.owner?.onStreamClose()
  }
}

function onStreamClose(this: HeldHttp2Stream): void {
  const held = this[heldOf]
  this[heldOf] = undefined
  held?.closed()
}
