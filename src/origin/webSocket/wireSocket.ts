import type { Socket } from 'node:net'
import { type PerMessageDeflate, Receiver, Sender } from 'ws'
import type { Clock, Timer } from '../../edges/clock.ts'
import type { OriginSocket } from '../../edges/originSocket.ts'
import type { MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { HoldfastError } from '../../errors.ts'
import { closeCodeForFault, encodeCloseContent } from '../../util/webSocketClose.ts'
import { SocketInbox } from '../socketInbox.ts'

/** What an origin's WebSocket is called, and its limits. */
export interface WireSocketOptions {
  readonly clock: Clock
  /** `host:port` of the origin, for what is told of faults. */
  readonly place: string
  /** Bytes of one message, expanded and with all its fragments. */
  readonly maxMessageBytes: number
  /** Fragments of one message: empty ones cost no bytes. */
  readonly maxMessageFragments: number
  /** Set when the handshake agreed on permessage-deflate. */
  readonly deflate: PerMessageDeflate | undefined
}

/** How long an origin has to answer our Close. */
export const CLOSE_TIMEOUT_MS = 10_000

/** How long an origin has to end its connection after both Closes. RFC 6455 §7.1.1: the server is to end it first. */
export const END_TIMEOUT_MS = 2_000

/** Silence in both directions after which a connection counts as dead. Pushpin: 1800 s. */
const IDLE_MS = 1_800_000

/** Silence after which TCP asks whether the other side is there. */
const KEEP_ALIVE_PROBE_MS = 60_000

/** Pieces in which a frame may arrive; each is kept until the frame is whole. */
const MAX_CHUNKS = 262_144

/** Bytes that a control frame may carry. RFC 6455 §5.5. */
const MAX_CONTROL_BYTES = 125

/** What `ws` calls an empty Close. RFC 6455 §7.4.1. */
const NO_CODE = 1005

/**
 * An origin's WebSocket, on a connection that its handshake has opened.
 *
 *     open --close()--------> closing --the origin's Close--> ending
 *     open --origin's Close-> closed  --close()-------------> ending --connection ends--> gone
 *     open, closing --protocol fault--> failed: told at once, while the Close that says why is on its way --> gone
 *     any --connection ends or breaks, time is up--> gone
 *     any --destroy()--> destroyed: nothing is received any more, and no Close is sent --> gone
 */
export class WireSocket implements OriginSocket {
  readonly #socket: Socket
  readonly #options: WireSocketOptions
  readonly #receiver: Receiver
  readonly #sender: Sender
  readonly #inbox = new SocketInbox()
  #state: 'open' | 'closing' | 'closed' | 'ending' | 'failed' | 'destroyed' | 'gone' = 'open'
  #isReceiverFull = false
  #isBehind = false
  #timer: Timer | undefined
  #fault: HoldfastError | undefined

  constructor(socket: Socket, options: WireSocketOptions) {
    this.#socket = socket
    this.#options = options
    const { deflate, maxMessageBytes, maxMessageFragments } = options
    const extensions = deflate === undefined ? {} : { 'permessage-deflate': deflate }
    this.#receiver = new Receiver({
      isServer: false,
      maxPayload: maxMessageBytes,
      maxFragments: maxMessageFragments,
      maxBufferedChunks: MAX_CHUNKS,
      extensions,
    })
    this.#sender = new Sender(socket, extensions)
    this.#listen()
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#inbox.owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#inbox.owner = owner
    this.#read()
  }

  get bytesQueued(): number {
    return this.#socket.writableLength + this.#sender._bufferedBytes
  }

  send(type: MessageType, content: Buffer): void {
    if (this.#state !== 'open' && this.#state !== 'closed') return
    switch (type) {
      case 'text':
      case 'binary':
        this.#sender.send(
          content,
          { binary: type === 'binary', compress: this.#options.deflate !== undefined, fin: true, mask: true },
          this.#onSent,
        )
        break
      case 'ping':
        this.#sender.ping(content.subarray(0, MAX_CONTROL_BYTES), true, this.#onSent)
        break
      case 'pong':
        this.#sender.pong(content.subarray(0, MAX_CONTROL_BYTES), true, this.#onSent)
        break
    }
    this.#isBehind = this.bytesQueued > 0
  }

  close(code: number | undefined, reason: string): void {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#sendClose(code, reason)
      this.#wait(CLOSE_TIMEOUT_MS, 'did not answer a Close')
      this.#inbox.closing()
      this.#read()
    } else if (this.#state === 'closed') {
      this.#sendClose(code, reason)
      this.#end()
    }
  }

  destroy(): void {
    if (this.#state === 'failed' || this.#state === 'gone') return
    this.#state = 'destroyed'
    this.#inbox.clear()
    this.#leaveWithoutClose()
  }

  pause(): void {
    this.#inbox.pause()
    this.#read()
  }

  resume(): void {
    this.#inbox.resume()
    this.#read()
  }

  #listen(): void {
    const socket = this.#socket
    socket.pause()
    socket.on('data', this.#onData)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
    socket.setTimeout(IDLE_MS, () => this.#break(this.#faultOf('is silent')))
    socket.on('error', (error) => this.#break(this.#faultOf(error.message, error)))
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onConnectionClosed())
    const receiver = this.#receiver
    receiver.on('message', (content, isBinary) => this.#receive(isBinary ? 'binary' : 'text', content))
    receiver.on('ping', (content) => this.#receive('ping', content))
    receiver.on('pong', (content) => this.#receive('pong', content))
    receiver.on('conclude', (code, reason) =>
      this.#onPeerClose(code === NO_CODE ? undefined : code, reason.toString()),
    )
    receiver.on('error', (error) => this.#onReceiverError(error))
    receiver.on('drain', () => {
      this.#isReceiverFull = false
      this.#read()
    })
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#isReceiverFull = !this.#receiver.write(chunk)
    this.#read()
  }

  get #isReceiving(): boolean {
    return this.#state === 'open' || this.#state === 'closing'
  }

  /** Lets the connection be read, or stops that. */
  #read(): void {
    if (!this.#isReceiving) return
    if (this.#inbox.isOpen && !this.#isReceiverFull) this.#socket.resume()
    else this.#socket.pause()
  }

  #receive(type: MessageType, content: Buffer): void {
    if (this.#isReceiving) this.#inbox.message(type, content)
  }

  /** Nothing counts any more but the connection's end, which is seen only when all before it was read. */
  #readToEnd(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.resume()
  }

  #sendClose(code: number | undefined, reason: string): void {
    const content = encodeCloseContent(code, reason)
    const legalCode = content.length === 0 ? undefined : content.readUInt16BE(0)
    this.#sender.close(legalCode, content.subarray(2), true, this.#onSent)
    this.#isBehind = this.bytesQueued > 0
  }

  readonly #onSent = (): void => {
    if (!this.#isBehind || this.bytesQueued > 0) return
    this.#isBehind = false
    if (this.#state === 'open' || this.#state === 'closed') this.owner?.onDrain()
  }

  #onPeerClose(code: number | undefined, reason: string): void {
    if (this.#state === 'open') this.#state = 'closed'
    else if (this.#state === 'closing') this.#end()
    else return
    this.#readToEnd()
    this.#inbox.close(code, reason)
  }

  /** What was sent before still reaches the origin: a reset, which unread bytes would bring about, could overtake it. */
  #leaveWithoutClose(): void {
    this.#readToEnd()
    this.#socket.end()
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy())
  }

  /** Both Closes are there, or on their way. */
  #end(): void {
    this.#state = 'ending'
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(END_TIMEOUT_MS, () => this.#socket.destroy())
  }

  #wait(ms: number, what: string): void {
    this.#timer = this.#options.clock.after(ms, () => this.#break(this.#faultOf(what)))
  }

  #onReceiverError(error: NodeJS.ErrnoException): void {
    if (!this.#isReceiving) return
    // A deviation from RFC 6455 §7.4: libraries of origins close with 0 when they are given no code.
    if (error.code === 'WS_ERR_INVALID_CLOSE_CODE') this.#onPeerClose(1000, '')
    else this.#fail(closeCodeForFault(error.code), this.#faultOf(error.message, error))
  }

  #fail(code: number, fault: HoldfastError): void {
    if (this.#state === 'open') this.#sendClose(code, '')
    this.#end()
    this.#state = 'failed'
    this.#readToEnd()
    this.#inbox.gone(fault)
  }

  #onEnd(): void {
    const isClean = this.#state === 'closed' || this.#state === 'ending' || this.#state === 'failed'
    if (isClean) this.#socket.destroySoon()
    else this.#break(this.#faultOf('the connection ended without a Close'))
  }

  /** The connection's 'close' follows. */
  #break(fault: HoldfastError): void {
    this.#fault ??= fault
    this.#socket.destroy()
  }

  /** What was read is received first, and only then the end is told. */
  #onConnectionClosed(): void {
    this.#timer?.cancel()
    const receiver = this.#receiver
    receiver.end()
    if (receiver.writableFinished || receiver.errored !== null) this.#leave()
    else receiver.once('close', () => this.#leave())
  }

  #leave(): void {
    const isTold = this.#state === 'failed'
    const isClean = this.#state === 'closed' || this.#state === 'ending' || this.#state === 'destroyed'
    this.#state = 'gone'
    this.#options.deflate?.cleanup()
    if (!isTold) this.#inbox.gone(isClean ? undefined : this.#fault)
  }

  #faultOf(what: string, cause?: Error): HoldfastError {
    return new HoldfastError('SOCKET_BROKEN', `WebSocket of origin ${this.#options.place}: ${what}`, {
      cause,
    })
  }
}
