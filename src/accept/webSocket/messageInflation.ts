import { type InflateDone, type MessageInflater, PerMessageDeflate } from 'ws'

/** Inflaters kept for the next message, 40 KB each; more are only in use while as many messages arrive at one time. */
const MAX_IDLE_INFLATERS = 8

/** Lends inflaters: a message needs one only from its first part to its last, as no client keeps its window. */
export class InflaterPool {
  readonly #maxMessageBytes: number
  readonly #idle: PerMessageDeflate[] = []

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  take(): PerMessageDeflate {
    return this.#idle.pop() ?? this.#create()
  }

  /** Takes back one that has finished a message. */
  giveBack(inflater: PerMessageDeflate): void {
    if (this.#idle.length < MAX_IDLE_INFLATERS) this.#idle.push(inflater)
    else inflater.cleanup()
  }

  #create(): PerMessageDeflate {
    const inflater = new PerMessageDeflate({ isServer: true, maxPayload: this.#maxMessageBytes })
    inflater.accept([{ client_no_context_takeover: [true] }])
    return inflater
  }
}

/** Inflates the messages of one client, one part at a time, and none while the client is made to wait. */
export class MessageInflation implements MessageInflater {
  readonly #pool: InflaterPool
  readonly #onIdle: () => void
  #inflater: PerMessageDeflate | undefined
  #isPaused = false
  #isStopped = false
  #waiting: (() => void) | undefined
  isBusy = false

  /** `onIdle` hears that everything that had to be inflated so far is. */
  constructor(pool: InflaterPool, onIdle: () => void) {
    this.#pool = pool
    this.#onIdle = onIdle
  }

  decompress(part: Buffer, isLast: boolean, done: InflateDone): void {
    this.isBusy = true
    const inflate = (): void => this.#inflate(part, isLast, done)
    if (this.#isPaused) this.#waiting = inflate
    else inflate()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  /** Frees what it has when the socket is gone. */
  stop(): void {
    this.#isStopped = true
    // One at work must finish first.
    if (!this.isBusy || this.#waiting !== undefined) this.#release()
    this.#waiting = undefined
  }

  #inflate(part: Buffer, isLast: boolean, done: InflateDone): void {
    this.#inflater ??= this.#pool.take()
    this.#inflater.decompress(part, isLast, (error, content) => {
      this.isBusy = false
      if (error !== null || this.#isStopped) this.#release()
      else if (isLast) this.#giveBack()
      if (this.#isStopped) return
      done(error, content)
      if (!this.isBusy) this.#onIdle()
    })
  }

  #giveBack(): void {
    if (this.#inflater !== undefined) this.#pool.giveBack(this.#inflater)
    this.#inflater = undefined
  }

  /** What a broken message has left in it must not meet the next one. */
  #release(): void {
    this.#inflater?.cleanup()
    this.#inflater = undefined
  }
}
