import type { Socket } from 'node:net'
import type { ClientStream, ClientStreamOwner, StreamFraming } from '../edges/client.ts'
import { encodeChunk, LAST_CHUNK } from '../util/framing.ts'
import { breakConnection } from './breakConnection.ts'
import { createDirectWriter, type DirectWriter, type DirectWriterOwner } from './directWrite.ts'

/** How long an ended stream may take to reach a client that reads slowly, before the connection is broken. */
const END_TIMEOUT_MS = 10_000

/** Set on a Socket, so that one set of listener functions serves all held streams. */
const streamOf = Symbol('heldStream')

interface HeldSocket extends Socket {
  [streamOf]?: HeldStream | undefined
}

/** A held HTTP/1.x response body on a socket that is ours alone. */
export class HeldStream implements ClientStream, DirectWriterOwner {
  readonly framing: StreamFraming
  owner: ClientStreamOwner | undefined
  readonly #socket: Socket
  readonly #writer: DirectWriter
  #isEnded = false

  constructor(socket: Socket, framing: StreamFraming) {
    this.#socket = socket
    this.framing = framing
    this.#writer = createDirectWriter(socket, this)
    const held = socket as HeldSocket
    held[streamOf] = this
    held.on('close', onSocketClose)
    held.on('error', onSocketError)
    held.on('end', onSocketEnd)
    held.on('timeout', onSocketTimeout)
    // Reading is what notices that the client leaves. What it sends meanwhile has no meaning and is dropped.
    held.resume()
    held.read(0)
  }

  get peerAddress(): string {
    return this.#socket.remoteAddress ?? ''
  }

  get bytesQueued(): number {
    return this.#writer.bytesQueued
  }

  /** Sends the head and the first part of the body in one write. The connection ends with the stream, which is said here. */
  begin(statusLineAndFields: string, initialBody: Buffer): void {
    const framing = this.framing === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : ''
    const head = Buffer.from(`${statusLineAndFields}${framing}Connection: close\r\n\r\n`, 'latin1')
    this.write(Buffer.concat([head, this.framing === 'chunked' ? encodeChunk([initialBody]) : initialBody]))
  }

  write(wire: Buffer): void {
    if (!this.#isEnded) this.#writer.write(wire)
  }

  /** All bytes that had to wait have been taken. */
  onTaken(): void {
    this.owner?.onStreamDrain()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#socket.setTimeout(END_TIMEOUT_MS)
    if (this.framing === 'chunked') this.#socket.end(LAST_CHUNK)
    else this.#socket.end()
  }

  destroy(): void {
    this.#isEnded = true
    breakConnection(this.#socket)
  }

  /** The connection is gone. */
  closed(): void {
    this.#isEnded = true
    this.owner?.onStreamClose()
  }
}

function onSocketClose(this: HeldSocket): void {
  const stream = this[streamOf]
  if (stream === undefined) return
  this[streamOf] = undefined
  stream.closed()
}

/** A reset by the peer is an ordinary way for a client to leave; `close` follows and says so to the owner. */
function onSocketError(this: HeldSocket): void {
  this.destroy()
}

/** A client that half-closes has left: like Pushpin, we send it nothing more. */
function onSocketEnd(this: HeldSocket): void {
  this.destroy()
}

/** Only ended streams have a timeout. */
function onSocketTimeout(this: HeldSocket): void {
  this.destroy()
}
