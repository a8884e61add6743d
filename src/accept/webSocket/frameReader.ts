import { type MessageInflater, PerMessageDeflate, Receiver } from 'ws'
import type { MessageType } from '../../edges.ts'
import type { SocketOptions } from './socketEnvironment.ts'
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

/** How `ws` says that a Close had no code. RFC 6455 §7.1.5. */
const NO_STATUS = 1005

/** Parts in which the network may hand over one frame; each costs memory, however small it is. Beyond it: 1008. */
const MAX_BUFFERED_CHUNKS = 100_000

/** Set on a Receiver, so that one set of listener functions serves all. */
const sinkOf = Symbol('frameSink')

interface FrameReceiver extends Receiver {
  [sinkOf]?: FrameSink
}

/** Creates what parses one client's bytes, which are written to it. */
export function createFrameReader(
  options: SocketOptions,
  sink: FrameSink,
  inflater?: MessageInflater,
): Receiver {
  const receiver: FrameReceiver = new Receiver({
    isServer: true,
    maxPayload: options.maxMessageBytes,
    maxFragments: options.maxFragments,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    extensions: inflater === undefined ? {} : { [PerMessageDeflate.extensionName]: inflater },
  })
  receiver[sinkOf] = sink
  receiver.on('message', onMessage).on('ping', onPing).on('pong', onPong)
  receiver.on('conclude', onConclude).on('error', onError)
  return receiver
}

function onMessage(this: FrameReceiver, content: Buffer, isBinary: boolean): void {
  this[sinkOf]?.onFrame(isBinary ? 'binary' : 'text', content)
}

function onPing(this: FrameReceiver, content: Buffer): void {
  this[sinkOf]?.onFrame('ping', content)
}

function onPong(this: FrameReceiver, content: Buffer): void {
  this[sinkOf]?.onFrame('pong', content)
}

function onConclude(this: FrameReceiver, code: number, reason: Buffer): void {
  this[sinkOf]?.onPeerClose(code === NO_STATUS ? undefined : code, reason.toString())
}

function onError(this: FrameReceiver, error: NodeJS.ErrnoException): void {
  this[sinkOf]?.onFault(describeFault(error))
}
