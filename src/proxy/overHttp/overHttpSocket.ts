import type { OriginSocket } from '../../edges/originSocket.ts'
import type { MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { HoldfastError } from '../../errors.ts'
import type { DecodedEvent } from '../../grip/webSocketEvents/eventDecoder.ts'
import { readCloseContent, type WebSocketEvent } from '../../grip/webSocketEvents.ts'
import { encodeCloseContent } from '../../util/webSocketClose.ts'
import type { AnswerReaderOwner } from './answerReader.ts'
import { CloseRepeats } from './closeRepeats.ts'
import type { Conversation } from './conversation.ts'
import type { WholeAnswer } from './eventsAnswer.ts'
import { Farewell } from './farewell.ts'
import { Inbox } from './inbox.ts'

const EVENT_TYPES = { text: 'TEXT', binary: 'BINARY', ping: 'PING', pong: 'PONG' } as const
const MESSAGE_TYPES = { TEXT: 'text', BINARY: 'binary', PING: 'ping', PONG: 'pong' } as const

const State = {
  /** Messages go both ways. */
  Open: 'open',
  /** The origin has sent CLOSE, and the client is to answer it. */
  PeerClosed: 'peerClosed',
  /** The client has closed, and the origin is to answer it. */
  Closing: 'closing',
  /** The client has answered the origin's CLOSE, and the origin is to hear it. */
  Answering: 'answering',
  /** Nothing more is received; what the origin is still to be told, the farewell tells. */
  Done: 'done',
} as const

/**
 * An origin's WebSocket made of HTTP requests: what the client sends goes out as the events of requests, of which one is
 * under way at any time, and the events of their answers are what the client receives. GRIP: WebSocket-over-HTTP.
 *
 *     open --close--> closing --CLOSE came, which answers ours--> done
 *                             --CLOSE came before ours was sent--> answering
 *     open --CLOSE came--> peerClosed --close--> answering --any answer--> done
 *
 *     open, peerClosed, closing, answering --destroy, fault--> done, and a farewell
 *                                          --DISCONNECT came, origin unreachable, CLOSE heard but not answered--> done
 *
 * In `open` a request is made for messages, for `refresh`, and when the keep-alive interval is over; later on for what is
 * left to be sent.
 */
export class OverHttpSocket implements OriginSocket, AnswerReaderOwner {
  readonly #conversation: Conversation
  readonly #inbox = new Inbox()
  /** Undefined until a CLOSE has to be sent again. */
  #repeats: CloseRepeats | undefined
  #state: (typeof State)[keyof typeof State] = State.Open
  #close: WebSocketEvent | undefined
  /** A request is due even if there is nothing to send. */
  #isRefreshDue = false

  /** Takes over a conversation in which no request is under way. */
  constructor(conversation: Conversation) {
    this.#conversation = conversation
    conversation.handTo(this)
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#inbox.owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#inbox.owner = owner
    this.#deliverSoon()
  }

  get bytesQueued(): number {
    return this.#conversation.outbox.bytes
  }

  /** Takes the events that came with the opening. */
  begin(events: readonly DecodedEvent[]): void {
    this.#receive(events)
    this.#settle()
  }

  send(type: MessageType, content: Buffer): void {
    if (this.#state !== State.Open && this.#state !== State.PeerClosed) return
    const { maxMessageBytes } = this.#conversation.limits
    if (content.length > maxMessageBytes) {
      const text = `a message of ${content.length} bytes is larger than the ${maxMessageBytes} that go over HTTP`
      this.#fail(new HoldfastError('SOCKET_MESSAGE_TOO_LARGE', text))
      return
    }
    this.#conversation.outbox.add({ type: EVENT_TYPES[type], content })
    this.#consider()
  }

  close(code: number | undefined, reason: string): void {
    if (this.#state === State.Open) this.#state = State.Closing
    else if (this.#state === State.PeerClosed) this.#state = State.Answering
    else return
    this.#stopTimers()
    this.#conversation.takeLeave()
    this.#close = { type: 'CLOSE', content: encodeCloseContent(code, reason) }
    this.#conversation.outbox.add(this.#close)
    this.#inbox.skipReader()
    this.#consider()
  }

  destroy(): void {
    this.#inbox.break()
    this.#deliverSoon()
    this.#part()
  }

  /** Makes a request soon, with what there is to send. Pushpin: the action `refresh`. Ignored unless open. */
  refresh(): void {
    if (this.#state !== State.Open) return
    this.#isRefreshDue = true
    this.#consider()
  }

  pause(): void {
    if (this.#state === State.Open || this.#state === State.PeerClosed) this.#inbox.pause()
  }

  resume(): void {
    this.#inbox.resume()
    this.#consider()
  }

  onAnswer(answer: WholeAnswer): void {
    const hadQueued = this.bytesQueued > 0
    try {
      this.#receive(this.#conversation.read(answer))
      this.#settle()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#failLosing(error)
    }
    this.#inbox.deliver()
    if (hadQueued) this.#drain()
    this.#consider()
  }

  onFailed(error: HoldfastError): void {
    if (error.code === 'ORIGIN_UNREACHABLE') this.#finish(error)
    else this.#failLosing(error)
    this.#inbox.deliver()
  }

  /** Takes events up to the one that ends the connection. */
  #receive(events: readonly DecodedEvent[]): void {
    for (const { type, content } of events) {
      switch (type) {
        case 'TEXT':
        case 'BINARY':
        case 'PING':
        case 'PONG':
          this.#inbox.add({ kind: 'message', type: MESSAGE_TYPES[type], content })
          break
        case 'CLOSE':
          this.#receiveClose(content)
          return
        case 'OPEN':
        case 'DISCONNECT':
          this.#finish(new HoldfastError('ORIGIN_BROKEN', `the origin sent ${type}`))
          return
        default:
      }
    }
  }

  /** A second CLOSE says nothing new. */
  #receiveClose(content: Buffer): void {
    if (this.#state === State.Open) this.#state = State.PeerClosed
    else if (this.#state === State.Closing) this.#state = State.Answering
    else return
    this.#inbox.add({ kind: 'close', ...readCloseContent(content) })
  }

  /** Does what follows on an answer in the state that it has led to. */
  #settle(): void {
    switch (this.#state) {
      case State.Open:
        this.#conversation.keepAlive.start(() => this.refresh())
        return
      case State.Closing:
        this.#settleClose()
        return
      case State.Answering:
        if (this.#conversation.outbox.isEmpty) this.#finish(undefined)
        else this.#settleClose()
        return
      default:
    }
  }

  /**
   * Our CLOSE may have been heard and not answered, or be held back with what stands before it; else it is sent next. Without
   * keep-alives Pushpin sends it once, and leaves what is held back for ever.
   */
  #settleClose(): void {
    const { outbox } = this.#conversation
    if (outbox.hasNew) return
    const isHeard = outbox.isEmpty
    const repeat = (): void => this.#repeatClose()
    this.#repeats ??= new CloseRepeats(this.#conversation)
    const isRepeated = isHeard ? this.#repeats.afterInterval(repeat) : this.#repeats.afterBackOff(repeat)
    if (isRepeated) return
    // To an origin that has heard CLOSE, nothing is left to be said: for it the connection has ended.
    if (isHeard) this.#finish(new HoldfastError('ORIGIN_BROKEN', 'the origin did not answer CLOSE'))
    else
      this.#failLosing(
        new HoldfastError('ORIGIN_BROKEN', 'the origin did not accept what comes before CLOSE'),
      )
  }

  #stopTimers(): void {
    this.#conversation.keepAlive.stop()
    this.#repeats?.stop()
  }

  #repeatClose(): void {
    const { outbox } = this.#conversation
    if (outbox.isEmpty && this.#close !== undefined) outbox.add(this.#close)
    this.#ask()
  }

  /** Makes the next request if it is time for one and none is under way. */
  #consider(): void {
    const { isBusy, outbox, limits } = this.#conversation
    if (isBusy) return
    switch (this.#state) {
      case State.Open:
        if (this.#inbox.bytes >= limits.maxWaitingBytes) return
        if (outbox.hasNew || this.#isRefreshDue) this.#ask()
        return
      case State.Closing:
      case State.Answering:
        if (outbox.hasNew) this.#ask()
        return
      default:
    }
  }

  #ask(): void {
    this.#isRefreshDue = false
    this.#stopTimers()
    this.#conversation.ask({ isRetried: true })
  }

  /** What the origin holds back keeps waiting: the owner goes on when there is room. */
  #drain(): void {
    if (this.bytesQueued < this.#conversation.limits.maxWaitingBytes) this.owner?.onDrain()
  }

  /** Ends the socket for a fault in which something was lost: what followed on it is not sent. */
  #failLosing(fault: HoldfastError): void {
    this.#conversation.outbox.clear()
    this.#fail(fault)
  }

  /** Ends the socket for a fault; the origin hears of it, which is a deviation from Pushpin. */
  #fail(fault: HoldfastError): void {
    this.#inbox.end(fault)
    this.#deliverSoon()
    this.#part()
  }

  /** Leaves the rest to the farewell. */
  #part(): void {
    if (this.#state === State.Done) return
    this.#state = State.Done
    this.#stopTimers()
    new Farewell(this.#conversation, { hasClose: this.#close !== undefined }).begin()
  }

  /** Ends the socket with nothing more to be said to the origin. */
  #finish(fault: HoldfastError | undefined): void {
    this.#state = State.Done
    this.#stopTimers()
    this.#conversation.end()
    this.#inbox.end(fault)
  }

  #deliverSoon(): void {
    this.#conversation.job.clock.soon(() => {
      this.#inbox.deliver()
      this.#consider()
    })
  }
}
