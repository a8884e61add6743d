import { constants, type ServerHttp2Stream } from 'node:http2'
import { Duplex } from 'node:stream'
import type { ClientConnection } from '../clientConnection.ts'
import { goAwayFirst } from './leaving.ts'
import { resetStream } from './resetStream.ts'

/**
 * One stream of an HTTP/2 connection as the connection that a WebSocket has in HTTP/1.1: the end of a side is END_STREAM, and what
 * would be a reset is RST_STREAM with CANCEL. RFC 8441 §5.
 */
export class StreamConnection extends Duplex implements ClientConnection {
  readonly remoteAddress: string
  bytesTaken = 0
  readonly #stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream, peerAddress: string) {
    // It closes when the stream does, which has its last frames to send before that.
    super({ autoDestroy: false })
    this.#stream = stream
    this.remoteAddress = peerAddress
    stream.pause()
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause()
    })
    stream.on('end', () => this.push(null))
    stream.on('close', () => this.destroy())
    if (stream.destroyed) this.destroy()
  }

  override _read(): void {
    this.#stream.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk, (error) => {
      if (!error) this.bytesTaken += chunk.length
      done(error)
    })
  }

  override _final(done: () => void): void {
    goAwayFirst(this.#stream)
    this.#stream.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#stream.destroyed) resetStream(this.#stream, constants.NGHTTP2_CANCEL)
    done(error)
  }
}
