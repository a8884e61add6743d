import { HoldfastError } from '../../errors.ts'
import { shownText } from '../../grip/headerText.ts'
import type { DecodedEvent } from '../../grip/webSocketEvents/eventDecoder.ts'
import { SOCKET_EVENTS_TYPE } from '../../grip/webSocketEvents.ts'
import { mediaType } from '../../util/headers.ts'
import type { AnswerReaderOwner } from './answerReader.ts'
import { Courier } from './courier.ts'
import { hasEvents, parseEventsAnswer, type WholeAnswer } from './eventsAnswer.ts'
import { KeepAlive } from './keepAlive.ts'
import { type Offer, Outbox } from './outbox.ts'
import type { OverHttpJob } from './overHttpJob.ts'
import { DEFAULT_OVER_HTTP_LIMITS, type OverHttpLimits } from './overHttpLimits.ts'

/**
 * The requests of one connection with what outlasts each of them: the events that wait, the metas and the keep-alive interval.
 * The opening begins it, the socket carries it on, and the farewell ends it.
 */
export class Conversation {
  readonly job: OverHttpJob
  readonly limits: OverHttpLimits
  readonly outbox: Outbox
  readonly keepAlive: KeepAlive
  readonly #courier: Courier
  /** What the request under way carries; not kept longer, as most connections are silent most of the time. */
  #offer: Offer | undefined
  #hasPlace = false

  constructor(job: OverHttpJob) {
    this.job = job
    this.limits =
      job.limits === undefined ? DEFAULT_OVER_HTTP_LIMITS : { ...DEFAULT_OVER_HTTP_LIMITS, ...job.limits }
    this.outbox = new Outbox({ maxRequestBytes: this.limits.maxRequestBytes, oneEvent: job.oneEvent })
    this.keepAlive = new KeepAlive(job.clock, this.limits)
    this.#courier = new Courier(job, this.limits)
  }

  /** Whether a request is under way, or waits to be tried again. */
  get isBusy(): boolean {
    return this.#courier.isBusy
  }

  /** Hands the answers to somebody else from now on. */
  handTo(owner: AnswerReaderOwner): void {
    this.#courier.owner = owner
  }

  /** Sends what waits, or an empty request; to be called while none is under way. Tells whether it could take everything. */
  ask(options: { readonly isRetried: boolean }): boolean {
    this.keepAlive.stop()
    this.#offer = this.outbox.offer()
    const { body, replayedBytes, isWhole } = this.#offer
    this.#courier.send({ body, replayedBytes, isRetried: options.isRetried })
    return isWhole
  }

  /**
   * Reads an answer: what it accepts is taken out of what waits, metas and interval are kept. Throws ORIGIN_BROKEN or
   * SOCKET_EVENTS_INVALID for an answer of which no event counts.
   */
  read(answer: WholeAnswer): readonly DecodedEvent[] {
    if (!hasEvents(answer.head)) throw notEvents(answer)
    const { events, acceptedBytes, keepAliveSeconds } = parseEventsAnswer(answer)
    this.keepAlive.set(keepAliveSeconds)
    const offer = this.#offer
    this.#offer = undefined
    if (offer !== undefined) this.outbox.accept(offer, acceptedBytes)
    this.#courier.metas.apply(answer.head.headers)
    return events
  }

  /** Has the server wait for what is still to be said when it stops; false when it waits for too many already. */
  takeLeave(): boolean {
    this.#hasPlace ||= this.job.farewells.begin()
    return this.#hasPlace
  }

  /** Ends it: all is said. */
  end(): void {
    this.keepAlive.stop()
    this.outbox.clear()
    if (this.#hasPlace) this.job.farewells.end()
    this.#hasPlace = false
  }

  /** Gives up the request under way, and all others. */
  abort(): void {
    this.#courier.abort()
    this.end()
  }

  /** How long to wait before the next attempt, after so many that failed. */
  backOffMs(failures: number): number {
    return this.#courier.backOffMs(failures)
  }
}

function notEvents({ head }: WholeAnswer): HoldfastError {
  const type = mediaType(head.headers)
  const found = type === '' ? 'without Content-Type' : `with Content-Type '${shownText(type)}'`
  const text =
    head.status === 200 ? `${found}, and not with ${SOCKET_EVENTS_TYPE}` : `with status ${head.status}`
  return new HoldfastError('ORIGIN_BROKEN', `the origin answered events ${text}`)
}
