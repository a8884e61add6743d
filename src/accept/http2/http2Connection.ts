import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { Socket } from 'node:net'
import { goAway, goAwayIfLeaving, leave } from './leaving.ts'
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

/** How long a client that has just connected when the server stops may take to send its request. */
const FRESH_LIMIT_MS = 1000

/**
 * One HTTP/2 connection.
 *
 *     open --idle for long--> going away (GOAWAY; streams go on) --last stream ended--> closed
 *     open --close--> leaving --an answer begins or ends, no stream is left--> going away
 *     open, leaving, going away --no PING answered, too many resets, broken--> closed
 */
export class Http2Connection {
  readonly peerAddress: string
  readonly #owner: Http2ConnectionOwner
  readonly #session: ServerHttp2Session
  readonly #resets = new ResetGuard()
  readonly #looking: NodeJS.Timeout
  readonly #keepAliveMs: number
  #openStreams = 0
  /** No request has come yet. */
  #isFresh = true
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

  /** Lets the requests under way be answered, and takes none after the first of them that is. */
  close(): void {
    leave(this.#session, { isIdle: this.#openStreams === 0 && !this.#isFresh })
    // The first request of a client that has just connected is on its way, and is still served.
    if (this.#isFresh)
      setTimeout(() => this.#openStreams === 0 && goAway(this.#session), FRESH_LIMIT_MS).unref()
  }

  destroy(): void {
    this.#session.destroy()
  }

  #onStream(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    this.#openStreams++
    this.#isFresh = false
    // What breaks a stream ends it, and its exchange hears of that.
    stream.on('error', () => {})
    stream.once('close', () => this.#onStreamClose(stream))
    this.#owner.onStream(this, stream, rawHeaders)
  }

  #onStreamClose({ rstCode }: ServerHttp2Stream): void {
    this.#openStreams--
    const nowMs = performance.now()
    if (this.#openStreams === 0) this.#onUnused(nowMs)
    const wasTakenBack = rstCode === constants.NGHTTP2_CANCEL || rstCode === constants.NGHTTP2_REFUSED_STREAM
    if (wasTakenBack && this.#resets.note(nowMs)) {
      this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
  }

  #onUnused(nowMs: number): void {
    this.#unusedSinceMs = nowMs
    goAwayIfLeaving(this.#session)
  }

  #look(): void {
    if (this.#openStreams === 0 && performance.now() - this.#unusedSinceMs >= this.#keepAliveMs)
      goAway(this.#session)
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
