import type { OriginExchange, OriginResponseSink } from '../../edges/origin.ts'
import { HoldfastError } from '../../errors.ts'
import type { ResponseHead } from '../../util/headers.ts'
import { hasEvents, type WholeAnswer } from './eventsAnswer.ts'
import type { OverHttpLimits } from './overHttpLimits.ts'

/** Told what came of an answer; one of the two, once. */
export interface AnswerReaderOwner {
  onAnswer(answer: WholeAnswer): void
  onFailed(error: HoldfastError): void
}

/** Collects one answer up to the limit for its kind and tells its owner of it, or of the failure, once. */
export class AnswerReader implements OriginResponseSink {
  readonly #owner: AnswerReaderOwner
  readonly #limits: OverHttpLimits
  /** Set when the request is on its way. */
  exchange: OriginExchange | undefined
  #head: ResponseHead | undefined
  #chunks: Buffer[] = []
  #bytes = 0
  #isDone = false

  constructor(owner: AnswerReaderOwner, limits: OverHttpLimits) {
    this.#owner = owner
    this.#limits = limits
  }

  /** Gives the request up; the owner hears nothing more. */
  abort(): void {
    this.#isDone = true
    this.exchange?.abort()
  }

  onInformational(): void {}

  onHead(head: ResponseHead): void {
    this.#head = head
  }

  onData(chunk: Buffer): boolean {
    if (this.#isDone || this.#head === undefined) return true
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const maxBytes = hasEvents(this.#head) ? this.#limits.maxAnswerBytes : this.#limits.maxRefusalBytes
    if (this.#bytes > maxBytes) {
      this.exchange?.abort()
      this.onError(new HoldfastError('ORIGIN_BROKEN', `the origin's answer is larger than ${maxBytes} bytes`))
    }
    return true
  }

  onEnd(): void {
    if (this.#isDone || this.#head === undefined) return
    this.#isDone = true
    this.#owner.onAnswer({ head: this.#head, body: Buffer.concat(this.#chunks) })
  }

  onError(error: HoldfastError): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#owner.onFailed(error)
  }
}
