import type { ClientSocket, MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { WheelNode, type WheelOwner } from '../../util/timerWheel.ts'
import { ALREADY_SENDING, TERMINATED } from './answers.ts'
import {
  ALREADY_CLOSED_FRAME,
  closeFrame,
  HEARTBEAT_FRAME,
  LISTED_FRAMING,
  OPEN_FRAME,
  STILL_OPEN_FRAME,
} from './frames.ts'
import { Inbox, type InboxOwner } from './inbox.ts'
import { Outbox } from './outbox.ts'
import type { Receiver, ReceiverOwner } from './receiver.ts'
import type { SendRequest } from './sendRequest.ts'
import type { EmulationStage, SocketSlot } from './socketTable.ts'
import { DISCONNECT_DELAY_MS, HEARTBEAT_MS, type SockJsEnvironment } from './sockJsEnvironment.ts'

type State = 'open' | 'closing' | 'ended' | 'forgotten'

/**
 * A client's WebSocket that is made of HTTP requests: one at a time asks for frames, others carry messages. SockJS 0.3.3.
 *
 *     open --close--> closing --close frame given--> ended --5 s--> forgotten
 *       |                \--5 s without taking it--> forgotten
 *       |--client broke its request off--> ended
 *       \--destroy, 5 s without a request for frames--> forgotten
 *
 * While `ended`, whoever asks is told how it ended.
 */
export class EmulatedSocket implements ClientSocket, EmulationStage, ReceiverOwner, InboxOwner, WheelOwner {
  readonly framing = LISTED_FRAMING
  readonly peerAddress: string
  readonly #environment: SockJsEnvironment
  readonly #slot: SocketSlot
  readonly #inbox: Inbox = new Inbox(this)
  readonly #outbox = new Outbox()
  readonly #node = new WheelNode(this)
  #state: State = 'open'
  #owner: MessageSocketOwner | undefined
  #isPaused = false
  #receiver: Receiver | undefined
  #sending: SendRequest | undefined
  #owesDrain = false
  /** What the owner has closed it with, which a client that takes the close frame is taken to answer. */
  #close: { readonly code: number | undefined; readonly reason: string } | undefined
  /** How it ends, once that is known. */
  #lastFrame: Buffer = ALREADY_CLOSED_FRAME

  constructor(environment: SockJsEnvironment, peerAddress: string, slot: SocketSlot) {
    this.#environment = environment
    this.peerAddress = peerAddress
    this.#slot = slot
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#owner = owner
    this.#inbox.deliver()
  }

  get bytesQueued(): number {
    return this.#outbox.bytes + (this.#receiver?.unsentBytes ?? 0)
  }

  get isReceiving(): boolean {
    return this.#state === 'open' && this.#owner !== undefined && !this.#isPaused
  }

  /** Tells the client that its WebSocket is open, by the request that asked for it. */
  open(receiver: Receiver): void {
    this.#attach(receiver)
    this.#give(receiver, OPEN_FRAME)
  }

  onReceiver(receiver: Receiver): void {
    if (this.#state === 'ended') receiver.giveLast(this.#lastFrame)
    else if (this.#receiver !== undefined) receiver.giveLast(STILL_OPEN_FRAME)
    else {
      this.#attach(receiver)
      this.#flush()
    }
  }

  /** Messages that come after the end are no error: the client cannot know of it. */
  onMessages(request: SendRequest): void {
    if (this.#state === 'ended') request.answerFrame(this.#lastFrame)
    else if (this.#sending !== undefined) request.refuse(ALREADY_SENDING)
    else if (this.#state === 'closing' || request.messages.length === 0) request.succeed()
    else {
      this.#sending = request
      this.#inbox.put(request.messages)
    }
  }

  send(type: MessageType, content: Buffer): void {
    this.write(LISTED_FRAMING.frame(type, content))
  }

  write(wire: Buffer): void {
    if (this.#state !== 'open') return
    this.#outbox.add(wire)
    this.#flush()
    this.#owesDrain = this.bytesQueued > 0
  }

  close(code: number | undefined, reason: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#close = { code, reason }
    this.#lastFrame = closeFrame(code, reason)
    this.#dropSending()
    this.#wait(DISCONNECT_DELAY_MS)
    this.#flush()
  }

  destroy(): void {
    if (this.#state === 'open' || this.#state === 'closing') this.#forget()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#inbox.deliver()
  }

  onInboxMessage(message: Buffer): void {
    this.#owner?.onMessage('text', message)
  }

  onInboxEmpty(): void {
    this.#sending?.succeed()
    this.#sending = undefined
  }

  onReceiverDrain(): void {
    this.#flush()
  }

  onReceiverGone(): void {
    this.#receiver = undefined
    this.#close = undefined
    this.#lastFrame = ALREADY_CLOSED_FRAME
    this.#end()
  }

  onDue(): void {
    if (this.#state === 'ended') this.#leaveTable()
    else if (this.#state === 'open' && this.#receiver !== undefined) this.#beat(this.#receiver)
    else if (this.#state !== 'forgotten') this.#forget()
  }

  #attach(receiver: Receiver): void {
    this.#receiver = receiver
    receiver.owner = this
    receiver.begin()
    if (this.#state === 'open') this.#wait(HEARTBEAT_MS)
  }

  /** Gives the client what waits for it, as far as it asks for it. */
  #flush(): void {
    const receiver = this.#receiver
    if (receiver?.canTake) {
      const frame = this.#outbox.take()
      if (frame !== undefined) this.#give(receiver, frame)
    }
    if (this.#owesDrain && this.bytesQueued === 0) {
      this.#owesDrain = false
      this.#owner?.onDrain()
    }
    if (this.#state === 'closing' && this.#outbox.bytes === 0 && this.#receiver?.canTake) this.#tellEnd()
  }

  #give(receiver: Receiver, frame: Buffer): void {
    receiver.give(frame)
    if (receiver.isDone) this.#receiver = undefined
    const isHeld = this.#state === 'open' && !receiver.isDone
    this.#wait(isHeld ? HEARTBEAT_MS : DISCONNECT_DELAY_MS)
  }

  /** A client that has yet to take what it was given needs no other sign of life. */
  #beat(receiver: Receiver): void {
    if (receiver.canTake) this.#give(receiver, HEARTBEAT_FRAME)
    else this.#wait(HEARTBEAT_MS)
  }

  #tellEnd(): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    receiver?.giveLast(this.#lastFrame)
    this.#end()
  }

  /** Nothing more comes of the client or goes to it; for a while it is told so. */
  #end(): void {
    this.#state = 'ended'
    this.#dropSending()
    this.#wait(DISCONNECT_DELAY_MS)
    this.#tellOwner()
  }

  #forget(): void {
    this.#close = undefined
    this.#receiver?.refuse(TERMINATED)
    this.#receiver = undefined
    this.#leaveTable()
    this.#tellOwner()
  }

  #leaveTable(): void {
    this.#state = 'forgotten'
    this.#environment.wheel.cancel(this.#node)
    this.#sending?.refuse(TERMINATED)
    this.#sending = undefined
    this.#slot.free()
  }

  /** What the owner has not taken is nothing to it any more; the client is not to wait for that. */
  #dropSending(): void {
    this.#sending?.succeed()
    this.#sending = undefined
  }

  /** Later, as it may be the owner's own call that ended it. */
  #tellOwner(): void {
    this.#environment.clock.soon(() => {
      if (this.#close !== undefined) this.#owner?.onClose(this.#close.code, this.#close.reason)
      this.#owner?.onGone(undefined)
    })
  }

  #wait(delayMs: number): void {
    const { clock, wheel } = this.#environment
    wheel.schedule(this.#node, clock.now() + delayMs)
  }
}
