import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { Socket } from 'node:net'
import { ResetGuard } from './resetGuard.ts'

/** Told of what one connection does. */
export interface Http2ConnectionOwner {
  onStream(connection: Http2Connection, stream: ServerHttp2Stream, rawHeaders: readonly string[]): void
  onConnectionClose(connection: Http2Connection): void
}

/** The fourth argument, which the types do not know, has the fields as they came. */
type StreamListener = (
  stream: ServerHttp2Stream,
  headers: unknown,
  flags: number,
  rawHeaders: readonly string[],
) => void

/** How often a connection is looked at; one that does not answer a PING until the next look is gone. */
const LOOK_MS = 30_000

/**
 * One HTTP/2 connection.
 *
 *     open --close, idle--> going away (GOAWAY; streams go on) --last stream ended--> closed
 *     open, going away --no PING answered, too many resets, broken--> closed
 */
export class Http2Connection {
  readonly peerAddress: string
  readonly #owner: Http2ConnectionOwner
  readonly #session: ServerHttp2Session
  readonly #resets = new ResetGuard()
  readonly #looking: NodeJS.Timeout
  readonly #keepAliveMs: number
  #openStreams = 0
  #unusedSinceMs = performance.now()
  #awaitsPong = false

  constructor(
    owner: Http2ConnectionOwner,
    socket: Socket,
    { settings, keepAliveMs }: { settings: ServerOptions; keepAliveMs: number },
  ) {
    this.#owner = owner
    this.#keepAliveMs = keepAliveMs
    this.peerAddress = socket.remoteAddress ?? ''
    const session = performServerHandshake(socket, settings)
    this.#session = session
    const onStream: StreamListener = (stream, _headers, _flags, rawHeaders) =>
      this.#onStream(stream, rawHeaders)
    session.on('stream', onStream as () => void)
    // A connection that breaks ends its streams, which tell their exchanges.
    session.on('error', () => session.destroy())
    session.once('close', () => this.#onClose())
    this.#looking = setInterval(() => this.#look(), Math.min(LOOK_MS, keepAliveMs))
    this.#looking.unref()
  }

  /** Sends GOAWAY: requests under way are answered, further ones are not taken. */
  close(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close()
  }

  destroy(): void {
    this.#session.destroy()
  }

  #onStream(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    this.#openStreams++
    // What breaks a stream ends it, and its exchange hears of that.
    stream.on('error', () => {})
    stream.once('close', () => this.#onStreamClose(stream))
    this.#owner.onStream(this, stream, rawHeaders)
  }

  #onStreamClose({ rstCode }: ServerHttp2Stream): void {
    this.#openStreams--
    const nowMs = performance.now()
    if (this.#openStreams === 0) this.#unusedSinceMs = nowMs
    const wasTakenBack = rstCode === constants.NGHTTP2_CANCEL || rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (wasTakenBack && this.#resets.note(nowMs)) {
      this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
  }

  #look(): void {
    if (this.#openStreams === 0 && performance.now() - this.#unusedSinceMs >= this.#keepAliveMs) this.close()
    else if (this.#awaitsPong) this.destroy()
    else this.#ping()
  }

  #ping(): void {
    const { destroyed, closed } = this.#session
    if (destroyed || closed) return
    this.#awaitsPong = this.#session.ping(() => {
      this.#awaitsPong = false
    })
  }

  #onClose(): void {
    clearInterval(this.#looking)
    this.#owner.onConnectionClose(this)
  }
}
