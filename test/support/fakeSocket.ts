import type { OriginSocket } from '../../src/edges/originSocket.ts'
import type { PassthroughJob } from '../../src/edges/passthrough.ts'
import type {
  ClientHandshake,
  ClientSocket,
  MessageFraming,
  MessageSocket,
  MessageSocketOwner,
  MessageType,
} from '../../src/edges/socket.ts'
import type { HoldfastError } from '../../src/errors.ts'
import type { ResponseHead } from '../../src/util/headers.ts'

/** Frames messages as readable text: `text:hello;`. */
export const FAKE_FRAMING: MessageFraming = {
  name: 'fake',
  frame: (type, content) => Buffer.from(`${type}:${content};`),
}

/** One end of a WebSocket whose other end the test plays; throws when it is used against the rules of MessageSocket. */
class FakeEnd implements MessageSocket {
  owner: MessageSocketOwner | undefined
  bytesQueued = 0
  /** Added to `bytesQueued` by each message that is sent. */
  isReading = true
  /** Messages that were sent to the peer, as `type:content`. */
  readonly sent: string[] = []
  /** The Close that was sent to the peer: `code reason`. */
  closed: string | undefined
  isDestroyed = false
  isPaused = false
  /** Calls of `close` and `destroy`. */
  ends = 0

  send(type: MessageType, content: Buffer): void {
    if (this.closed !== undefined || this.isDestroyed) return
    this.sent.push(`${type}:${content}`)
    if (!this.isReading) this.bytesQueued += content.length
  }

  close(code: number | undefined, reason: string): void {
    this.ends++
    if (this.closed === undefined && !this.isDestroyed) this.closed = `${code} ${reason}`.trim()
  }

  destroy(): void {
    this.ends++
    this.isDestroyed = true
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  /** The peer sends a message. */
  receive(type: MessageType, content: string | Buffer): void {
    if (this.isPaused) throw new Error('received while paused')
    this.owner?.onMessage(type, Buffer.from(content))
  }

  /** The peer sends a Close. */
  receiveClose(code?: number, reason = ''): void {
    this.owner?.onClose(code, reason)
  }

  /** The connection is gone. */
  leave(fault?: HoldfastError): void {
    this.owner?.onGone(fault)
  }

  /** All that was queued is taken. */
  drain(): void {
    this.bytesQueued = 0
    this.owner?.onDrain()
  }
}

/** A client's WebSocket. */
export class FakeClientSocket extends FakeEnd implements ClientSocket {
  readonly framing = FAKE_FRAMING
  readonly peerAddress = '192.0.2.1'
  /** Bytes that were written ready-made, each write by itself. */
  readonly writes: string[] = []

  write(wire: Buffer): void {
    if (this.closed !== undefined || this.isDestroyed) throw new Error(`written after the end: ${wire}`)
    if (wire.length === 0) throw new Error('an empty write')
    this.writes.push(String(wire))
    this.sent.push(...String(wire).split(';').slice(0, -1))
    if (!this.isReading) this.bytesQueued += wire.length
  }
}

/** An origin's WebSocket; with `refresh` one that is made of HTTP requests. */
export class FakeOriginSocket extends FakeEnd implements OriginSocket {
  refreshes = 0
  readonly refresh?: () => void

  constructor(mode: 'native' | 'overHttp' = 'native') {
    super()
    if (mode === 'overHttp') this.refresh = () => void this.refreshes++
  }
}

/** A handshake that keeps its answer. */
export class FakeHandshake implements ClientHandshake {
  onClose: (() => void) | undefined
  accepted: ResponseHead | undefined
  refusedHead: ResponseHead | undefined
  refused: { readonly status: number; readonly text: string } | undefined
  passed: PassthroughJob | undefined
  readonly socket = new FakeClientSocket()

  accept(head: ResponseHead): ClientSocket {
    this.#answer()
    this.accepted = head
    return this.socket
  }

  refuse(head: ResponseHead, body: Buffer): void {
    this.#answer()
    this.refusedHead = head
    this.refused = { status: head.status, text: String(body) }
  }

  passThrough(job: PassthroughJob): void {
    this.#answer()
    this.passed = job
  }

  /** The client goes away before it is answered. */
  leave(): void {
    this.onClose?.()
  }

  #answer(): void {
    if (this.accepted ?? this.refused ?? this.passed) throw new Error('answered twice')
  }
}
