import type { OriginOpening, OriginSocketSink } from '../../edges/originSocket.ts'
import { HoldfastError } from '../../errors.ts'
import type { DecodedEvent } from '../../grip/webSocketEvents/eventDecoder.ts'
import { bareEvent } from '../../grip/webSocketEvents.ts'
import { filterHeaders, type ResponseHead } from '../../util/headers.ts'
import type { AnswerReaderOwner } from './answerReader.ts'
import type { Conversation } from './conversation.ts'
import { hasEvents, type WholeAnswer } from './eventsAnswer.ts'
import { isSetMeta } from './metas.ts'
import { OverHttpSocket } from './overHttpSocket.ts'

/**
 * The opening of an origin's WebSocket over HTTP. GRIP: OPEN.
 *
 *     asking --OPEN--> opened            asking --no events, keep-alive interval--> waiting --interval is over--> asking
 *     asking --other answer, failure--> failed
 *     asking --abort--> left --OPEN--> opened, and told of the end
 *                            --other answer, failure--> failed
 *     waiting --abort--> failed
 */
export class OverHttpOpening implements OriginOpening, AnswerReaderOwner {
  readonly #conversation: Conversation
  readonly #sink: OriginSocketSink
  readonly #latestMs: number
  #state: 'asking' | 'waiting' | 'left' | 'opened' | 'failed' = 'asking'

  constructor(conversation: Conversation, sink: OriginSocketSink) {
    this.#conversation = conversation
    this.#sink = sink
    this.#latestMs = conversation.job.clock.now() + conversation.limits.maxOpeningMs
    conversation.handTo(this)
  }

  begin(): void {
    this.#ask()
  }

  /** An answer under way is waited for: an origin that opens must hear of the end. */
  abort(): void {
    if (this.#state === 'asking' && this.#conversation.takeLeave()) {
      this.#state = 'left'
      return
    }
    if (this.#state === 'asking' || this.#state === 'waiting') this.#state = 'failed'
    this.#conversation.abort()
  }

  onAnswer(answer: WholeAnswer): void {
    const isRefused = !hasEvents(answer.head)
    if (isRefused && this.#state !== 'left') {
      this.#state = 'failed'
      this.#sink.onRefused(answer.head, answer.body)
      return
    }
    const events = this.#read(answer)
    if (events instanceof HoldfastError) this.onFailed(events)
    else if (this.#state === 'left') this.#sendOff(events)
    else this.#take(answer.head, events)
  }

  onFailed(error: HoldfastError): void {
    const isLeft = this.#state === 'left'
    this.#state = 'failed'
    this.#conversation.end()
    if (!isLeft) this.#sink.onError(error)
  }

  #ask(): void {
    this.#state = 'asking'
    this.#conversation.outbox.add(bareEvent('OPEN'))
    // Where it cannot be reached, another target may be: the caller tries.
    this.#conversation.ask({ isRetried: false })
  }

  #read(answer: WholeAnswer): readonly DecodedEvent[] | HoldfastError {
    try {
      return this.#conversation.read(answer)
    } catch (error) {
      if (error instanceof HoldfastError) return error
      throw error
    }
  }

  #take(head: ResponseHead, events: readonly DecodedEvent[]): void {
    if (events.length === 0) this.#wait()
    else if (events[0]?.type !== 'OPEN') this.onFailed(broken('answered OPEN with other events'))
    else {
      this.#state = 'opened'
      const socket = this.#createSocket(events)
      this.#sink.onOpen(acceptedHead(head), socket)
    }
  }

  /** An origin that wants to decide later is asked again. GRIP: Keep-Alive-Interval. */
  #wait(): void {
    const { keepAlive, job } = this.#conversation
    if (!keepAlive.isOn) this.onFailed(broken('answered OPEN with no event and no Keep-Alive-Interval'))
    else if (job.clock.now() >= this.#latestMs) {
      this.onFailed(
        new HoldfastError('ORIGIN_TIMEOUT', 'the origin has left the connection unopened for too long'),
      )
    } else {
      this.#state = 'waiting'
      keepAlive.start(() => this.#ask())
    }
  }

  /** The client has left meanwhile. An origin that has not opened need not be told; Pushpin would ask it without end. */
  #sendOff(events: readonly DecodedEvent[]): void {
    const isOpen = events[0]?.type === 'OPEN'
    this.#state = isOpen ? 'opened' : 'failed'
    if (isOpen) this.#createSocket(events).destroy()
    else this.#conversation.end()
  }

  #createSocket(events: readonly DecodedEvent[]): OverHttpSocket {
    const socket = new OverHttpSocket(this.#conversation)
    socket.begin(events.slice(1))
    return socket
  }
}

/** Fields that speak of this answer as one of ours, and not of the WebSocket that it opens. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'content-bytes-accepted',
  'content-length',
  'content-type',
  'keep-alive-interval',
  'transfer-encoding',
])

/** The head with which an origin of WebSockets would have opened. */
function acceptedHead(head: ResponseHead): ResponseHead {
  const headers = filterHeaders(head.headers, (name) => !OWN_FIELDS.has(name) && !isSetMeta(name))
  return { status: 101, reason: 'Switching Protocols', headers }
}

function broken(what: string): HoldfastError {
  return new HoldfastError('ORIGIN_BROKEN', `the origin ${what}`)
}
