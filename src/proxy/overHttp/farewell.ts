import { HoldfastError } from '../../errors.ts'
import { bareEvent } from '../../grip/webSocketEvents.ts'
import type { AnswerReaderOwner } from './answerReader.ts'
import type { Conversation } from './conversation.ts'
import type { WholeAnswer } from './eventsAnswer.ts'

/**
 * Tells an origin in the background that its client is gone: after the request under way, and after what the client had sent,
 * which Pushpin discards. GRIP: DISCONNECT.
 *
 *     sending --a request failed, or all is sent--> parting --answered, failed--> done
 *     sending --CLOSE answered, DISCONNECT came--> done
 *     any --unreachable--> done
 */
export class Farewell implements AnswerReaderOwner {
  readonly #conversation: Conversation
  /** The client had closed: an origin that answers its CLOSE need not be told more. */
  readonly #hasClose: boolean
  #state: 'sending' | 'parting' | 'done' = 'sending'
  #hasDisconnect = false

  constructor(conversation: Conversation, options: { readonly hasClose: boolean }) {
    this.#conversation = conversation
    this.#hasClose = options.hasClose
  }

  begin(): void {
    const { outbox } = this.#conversation
    if (!this.#conversation.takeLeave()) {
      this.#conversation.abort()
      this.#note('too many origins are to be told')
      return
    }
    this.#conversation.handTo(this)
    if (!this.#hasClose || outbox.isEmpty) this.#addDisconnect()
    if (!this.#conversation.isBusy) this.#ask()
  }

  onAnswer(answer: WholeAnswer): void {
    if (this.#state === 'parting' || this.#isEndedBy(answer)) this.#finish()
    else this.#continue()
  }

  onFailed(error: HoldfastError): void {
    if (this.#state === 'parting' || error.code === 'ORIGIN_UNREACHABLE') {
      this.#note(error.message)
      this.#finish()
      return
    }
    this.#forget()
    this.#continue()
  }

  /** What followed in order on something that was lost is not to be sent. */
  #forget(): void {
    this.#conversation.outbox.clear()
    this.#hasDisconnect = false
  }

  #continue(): void {
    if (!this.#conversation.outbox.hasNew && !this.#hasDisconnect) this.#addDisconnect()
    this.#ask()
  }

  #addDisconnect(): void {
    this.#hasDisconnect = true
    this.#conversation.outbox.add(bareEvent('DISCONNECT'))
  }

  #ask(): void {
    const isWhole = this.#conversation.ask({ isRetried: true })
    if (isWhole && this.#hasDisconnect) this.#state = 'parting'
  }

  /** Tells whether the origin has ended the connection itself. Its answer counts for nothing else but its metas. */
  #isEndedBy(answer: WholeAnswer): boolean {
    try {
      const events = this.#conversation.read(answer)
      const isCloseHeard = this.#hasClose && this.#conversation.outbox.isEmpty
      return events.some(({ type }) => type === 'DISCONNECT' || (type === 'CLOSE' && isCloseHeard))
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#forget()
      return false
    }
  }

  #finish(): void {
    this.#state = 'done'
    this.#conversation.end()
  }

  #note(reason: string): void {
    this.#conversation.job.log.info(`WebSocket over HTTP: the origin is not told of the end: ${reason}`)
  }
}
