import { type MessageInflater, PerMessageDeflate, Receiver } from 'ws'
import type { MessageType } from '../../edges/socket.ts'
import { describeFault, type SocketFault } from './socketFault.ts'

/** Hears what a client sends. */
export interface FrameSink {
  /** A whole message, or a ping or pong. */
  onFrame(type: MessageType, content: Buffer): void
  /** A Close; no code where the frame had none. Nothing follows. */
  onPeerClose(code: number | undefined, reason: string): void
  /** What came breaks the protocol or a limit. Nothing follows. */
  onFault(fault: SocketFault): void
}

/** Bounds of one message. */
export interface MessageLimits {
  /** After decompression. */
  readonly maxMessageBytes: number
  readonly maxFragments: number
}

/** How `ws` says that a Close had no code. RFC 6455 §7.1.5. */
const NO_STATUS = 1005

/** Parts in which the network may hand over one frame; each costs memory, however small it is. Beyond it: 1008. */
const MAX_BUFFERED_CHUNKS = 100_000

/** Readers kept for the next client; more are only in use while as many frames are on their way at one time. */
const MAX_IDLE_READERS = 64

/** Set on a Receiver: who hears what it reads. One set of listener functions serves all. */
const sinkOf = Symbol('frameSink')

/** Parses the bytes of one client, which are written to it. */
export interface FrameReader extends Receiver {
  [sinkOf]?: FrameSink | undefined
}

/**
 * Lends what parses frames: a client needs it only while a message is on its way. One that has said something once
 * would cost 2 KB more for as long as it is connected.
 */
export class FrameReaderPool {
  readonly #limits: MessageLimits
  readonly #idle: FrameReader[] = []

  constructor(limits: MessageLimits) {
    this.#limits = limits
  }

  /** Returns a reader for the bytes of one client. One with an inflater is not to be given back. */
  take(sink: FrameSink, inflater?: MessageInflater): FrameReader {
    const reader = (inflater === undefined ? this.#idle.pop() : undefined) ?? this.#create(inflater)
    reader[sinkOf] = sink
    return reader
  }

  /** Takes a reader back if nothing is under way in it; false otherwise. */
  giveBack(reader: FrameReader): boolean {
    if (!isAtRest(reader)) return false
    reader[sinkOf] = undefined
    if (this.#idle.length < MAX_IDLE_READERS) this.#idle.push(reader)
    return true
  }

  #create(inflater: MessageInflater | undefined): FrameReader {
    const reader = new Receiver({
      isServer: true,
      maxPayload: this.#limits.maxMessageBytes,
      maxFragments: this.#limits.maxFragments,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      extensions: inflater === undefined ? {} : { [PerMessageDeflate.extensionName]: inflater },
    })
    reader.on('message', onMessage).on('ping', onPing).on('pong', onPong)
    return reader.on('conclude', onConclude).on('error', onError)
  }
}

/** How `ws` names the state between two frames. */
const BETWEEN_FRAMES = 0

/** Only `ws` itself knows; where a version of it no longer has these fields, its receivers simply stay with their clients. */
function isAtRest(reader: FrameReader): boolean {
  return (
    reader._state === BETWEEN_FRAMES &&
    reader._bufferedBytes === 0 &&
    reader._fragmented === 0 &&
    reader.errored === null &&
    !reader.writableEnded
  )
}

function onMessage(this: FrameReader, content: Buffer, isBinary: boolean): void {
  this[sinkOf]?.onFrame(isBinary ? 'binary' : 'text', content)
}

function onPing(this: FrameReader, content: Buffer): void {
  this[sinkOf]?.onFrame('ping', content)
}

function onPong(this: FrameReader, content: Buffer): void {
  this[sinkOf]?.onFrame('pong', content)
}

function onConclude(this: FrameReader, code: number, reason: Buffer): void {
  this[sinkOf]?.onPeerClose(code === NO_STATUS ? undefined : code, reason.toString())
}

function onError(this: FrameReader, error: NodeJS.ErrnoException): void {
  this[sinkOf]?.onFault(describeFault(error))
}
