import type { ClientSocket, MessageFraming, MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { HoldfastError } from '../../errors.ts'
import { WheelNode, type WheelOwner } from '../../util/timerWheel.ts'
import { closeFrame, HEARTBEAT_FRAME, messageFrame, OPEN_FRAME, sockJsFraming } from './frames.ts'
import { Inbox, type InboxOwner } from './inbox.ts'
import { parseMessages } from './sendRequest.ts'
import { HEARTBEAT_MS, type SockJsEnvironment } from './sockJsEnvironment.ts'

/** Bytes of one frame of a client: twice what one message may have, for what JSON adds. Pushpin: 400000. */
const MAX_FRAME_BYTES = 400_000

const PROTOCOL_ERROR = 1002
const TOO_BIG = 1009

type State = 'open' | 'closing' | 'faulty' | 'gone'

/**
 * A client's WebSocket whose messages are SockJS frames. SockJS 0.3.3: WebSocket transport.
 *
 *     open --close--> closing --> gone
 *     open --a frame that is none; for the owner it is gone--> faulty --> gone
 *
 * Pings of the client are answered here: what is behind sees messages only.
 */
export class FramedSocket implements ClientSocket, MessageSocketOwner, InboxOwner, WheelOwner {
  readonly framing: MessageFraming
  readonly #environment: SockJsEnvironment
  readonly #inner: ClientSocket
  readonly #inbox: Inbox = new Inbox(this)
  readonly #node = new WheelNode(this)
  #state: State = 'open'
  #owner: MessageSocketOwner | undefined
  #isPaused = false

  constructor(environment: SockJsEnvironment, inner: ClientSocket) {
    this.#environment = environment
    this.#inner = inner
    this.framing = sockJsFraming(inner.framing)
    inner.send('text', OPEN_FRAME)
    this.#waitToBeat()
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#owner = owner
    this.#inner.owner = this
  }

  get peerAddress(): string {
    return this.#inner.peerAddress
  }

  get bytesQueued(): number {
    return this.#inner.bytesQueued
  }

  get isReceiving(): boolean {
    return !this.#isPaused && (this.#state === 'open' || this.#state === 'closing')
  }

  send(type: MessageType, content: Buffer): void {
    if (this.#state === 'open' && (type === 'text' || type === 'binary'))
      this.#inner.send('text', messageFrame(content))
  }

  write(wire: Buffer): void {
    if (this.#state === 'open' && wire.length > 0) this.#inner.write(wire)
  }

  /** The frame tells the code to sockjs-client, which is told nothing of the Close. SockJS 0.3.3; a deviation from Pushpin. */
  close(code: number | undefined, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#inner.send('text', closeFrame(code, reason))
    this.#inner.close(code, reason)
  }

  destroy(): void {
    this.#inner.destroy()
  }

  pause(): void {
    this.#isPaused = true
    this.#inner.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#inbox.deliver()
    if (!this.#isPaused) this.#inner.resume()
  }

  onMessage(type: MessageType, content: Buffer): void {
    if (this.#state === 'faulty') return
    if (type === 'ping') this.#inner.send('pong', content)
    else if (type !== 'pong') this.#takeFrame(content)
  }

  onClose(code: number | undefined, reason: string): void {
    if (this.#state !== 'faulty') this.#owner?.onClose(code, reason)
  }

  onGone(fault: HoldfastError | undefined): void {
    if (this.#state !== 'faulty') this.#end(fault)
    this.#state = 'gone'
  }

  onDrain(): void {
    if (this.#state !== 'faulty') this.#owner?.onDrain()
  }

  onInboxMessage(message: Buffer): void {
    this.#owner?.onMessage('text', message)
  }

  onInboxEmpty(): void {}

  /** A client that has yet to take what it was sent needs no other sign of life. */
  onDue(): void {
    if (this.#state !== 'open') return
    if (this.#inner.bytesQueued === 0) this.#inner.send('text', HEARTBEAT_FRAME)
    this.#waitToBeat()
  }

  /** SockJS 0.3.3: frames without a byte are ignored. */
  #takeFrame(content: Buffer): void {
    if (content.length === 0) return
    if (content.length > MAX_FRAME_BYTES) {
      this.#fail(TOO_BIG, `SockJS frame of ${content.length} bytes is longer than ${MAX_FRAME_BYTES}`)
      return
    }
    const messages = parseMessages(content)
    if (messages === undefined) this.#fail(PROTOCOL_ERROR, 'SockJS frame is no JSON array of strings')
    else this.#inbox.put(messages)
  }

  /** What is behind need not wait until the client has answered. */
  #fail(code: number, text: string): void {
    this.#state = 'faulty'
    this.#inner.close(code, text)
    this.#end(new HoldfastError('SOCKET_BROKEN', text))
  }

  #end(fault: HoldfastError | undefined): void {
    this.#environment.wheel.cancel(this.#node)
    this.#owner?.onGone(fault)
  }

  #waitToBeat(): void {
    const { clock, wheel } = this.#environment
    wheel.schedule(this.#node, clock.now() + HEARTBEAT_MS)
  }
}
