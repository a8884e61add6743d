import type { Timer } from '../../edges/clock.ts'
import type { HoldfastError } from '../../errors.ts'
import { AnswerReader, type AnswerReaderOwner } from './answerReader.ts'
import type { WholeAnswer } from './eventsAnswer.ts'
import { Metas } from './metas.ts'
import type { OverHttpJob } from './overHttpJob.ts'
import type { OverHttpLimits } from './overHttpLimits.ts'
import { requestFields } from './requestFields.ts'

/** What one request carries. */
export interface Errand {
  readonly body: Buffer
  readonly replayedBytes: number
  /** Whether it is tried again where the origin cannot be reached. */
  readonly isRetried: boolean
}

/**
 * Sends the requests of one connection, one at a time, and tries again what did not reach the origin: it may be starting
 * anew. The target stays the same: another one would not know the connection.
 *
 *     idle --send--> asking --answered, failed--> idle
 *     asking --unreachable--> pausing --delay is over--> asking; after maxRetries it has failed
 *     any --abort--> idle
 */
export class Courier implements AnswerReaderOwner {
  /** They go with each request. */
  readonly metas: Metas
  /** Who hears how a request ended: the opening, then the socket, then the farewell. */
  owner: AnswerReaderOwner | undefined
  readonly #job: OverHttpJob
  readonly #limits: OverHttpLimits
  #state: 'idle' | 'asking' | 'pausing' = 'idle'
  #errand: Errand | undefined
  #retries = 0
  #reader: AnswerReader | undefined
  #timer: Timer | undefined

  constructor(job: OverHttpJob, limits: OverHttpLimits) {
    this.#job = job
    this.#limits = limits
    this.metas = new Metas(limits)
  }

  /** True from `send` until the owner hears of its end. */
  get isBusy(): boolean {
    return this.#state !== 'idle'
  }

  /** Sends a request; to be called while none is under way. */
  send(errand: Errand): void {
    this.#errand = errand
    this.#retries = 0
    this.#ask(errand)
  }

  /** How long to wait before the attempt after `failures` ones. */
  backOffMs(failures: number): number {
    const { firstRetryMs, retryJitterMs } = this.#limits
    return firstRetryMs * 2 ** (failures - 1) + Math.random() * retryJitterMs
  }

  /** Gives up what is under way, unheard. */
  abort(): void {
    this.#timer?.cancel()
    this.#reader?.abort()
    this.#rest()
  }

  onAnswer(answer: WholeAnswer): void {
    this.#rest()
    this.owner?.onAnswer(answer)
  }

  onFailed(error: HoldfastError): void {
    const errand = this.#errand
    if (errand?.isRetried && error.code === 'ORIGIN_UNREACHABLE' && this.#retries < this.#limits.maxRetries) {
      this.#pause(errand, error)
      return
    }
    this.#rest()
    this.owner?.onFailed(error)
  }

  #ask(errand: Errand): void {
    const { origin, target, path, authority, connectionId } = this.#job
    const own = { connectionId, metas: this.metas.fields, replayedBytes: errand.replayedBytes }
    const headers = requestFields(this.#job.headers(), own)
    const reader = new AnswerReader(this, this.#limits)
    this.#state = 'asking'
    this.#reader = reader
    const { body } = errand
    const how = { bodyLength: undefined, mayRepeat: true, isCollected: true }
    const request = { method: 'POST', path, authority, headers, body, ...how }
    reader.exchange = origin.request(target, request, reader)
  }

  #pause(errand: Errand, error: HoldfastError): void {
    this.#state = 'pausing'
    this.#reader = undefined
    this.#retries++
    const delayMs = this.backOffMs(this.#retries)
    this.#job.log.debug(`WebSocket over HTTP: ${error.message}; trying again`, {
      connectionId: this.#job.connectionId,
      retry: this.#retries,
      delayMs: Math.round(delayMs),
    })
    this.#timer = this.#job.clock.after(delayMs, () => this.#ask(errand))
  }

  #rest(): void {
    this.#state = 'idle'
    this.#errand = undefined
    this.#reader = undefined
    this.#timer = undefined
  }
}
