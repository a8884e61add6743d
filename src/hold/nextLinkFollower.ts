import type { OriginExchange } from '../edges/origin.ts'
import type { Instruct, NextLink } from '../grip/instruct.ts'
import { createResponseContentFilter, type ResponseContentFilter } from '../hub/filters/responseContent.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { HoldEnvironment } from './holdEnvironment.ts'
import type { LastId } from './lastId.ts'
import type { LinkSink, LinkSource } from './linkSource.ts'
import type { Updatable } from './updates.ts'

/** The stream to whose body the answers are appended. */
export interface LinkedStream {
  /** An answer is about to be appended: items have to wait from now on. Returns up to where the client has its channels. */
  beginAnswer(): readonly LastId[]
  /** True when each channel brought an item since this was asked last: nothing can have been missed. */
  takeWasActive(): boolean
  /** Delivers the items that had to wait: no answer that may make them old is under way. */
  releaseItems(): void
  /** Appends a part of an answer's body; false when the client has enough for now. */
  append(bytes: Buffer): boolean
  /** The answer was complete: the stream is held as these instructions say. */
  adopt(instruct: Instruct): void
  /** Ends the stream; a text says why where that is an error. */
  finish(fault?: string): void
}

/** Pushpin: 1, 2, 4, 8, 16 seconds. */
const MAX_RETRIES = 5
const FIRST_RETRY_MS = 1000
const RETRY_JITTER_MS = 1000

/**
 * Fetches a stream's next link and appends what it answers. GRIP: rel=next.
 *
 *     idle --follow, poll is due--> waiting --its turn--> fetching --end, stream hold--> idle
 *     fetching --end, next link only--> waiting           fetching --end, neither--> the stream ends
 *     fetching --failed--> pausing --delay is over--> waiting; after 5 times the stream ends
 *     any --stop--> stopped
 */
export class NextLinkFollower implements Updatable, LinkSink, WheelOwner {
  readonly #environment: HoldEnvironment
  readonly #stream: LinkedStream
  readonly #source: LinkSource
  readonly #node: WheelNode
  #state: 'idle' | 'waiting' | 'fetching' | 'pausing' | 'stopped' = 'idle'
  #link: NextLink
  #retries = 0
  /** What the client had when the first page was asked for: items that wait since then are not told of. */
  #lastIds: readonly LastId[] | undefined
  /** Pages of the row have been appended. */
  #hasPages = false
  /** There was reason to follow the link since the row began: its answers may be older than that. */
  #isDueAgain = false
  #exchange: OriginExchange | undefined
  #instruct: Instruct | undefined
  #content: ResponseContentFilter | undefined
  #hasBody = false
  #onSettled: (() => void) | undefined

  constructor(
    environment: HoldEnvironment,
    stream: LinkedStream,
    link: { next: NextLink; source: LinkSource },
  ) {
    this.#environment = environment
    this.#stream = stream
    this.#source = link.source
    this.#link = link.next
    this.#node = new WheelNode(this)
  }

  /** While answers are being appended, the pages of one row included, items have to wait. */
  get isFetching(): boolean {
    return this.#lastIds !== undefined
  }

  /** Fetches the link when it is its turn, and after what is being appended. */
  follow(options: { readonly isUrgent: boolean }): void {
    if (this.isFetching) this.#isDueAgain = true
    else this.#ask(options)
  }

  #ask(options: { readonly isUrgent: boolean }): void {
    if (this.#state !== 'idle' && this.#state !== 'waiting') return
    this.#environment.wheel.cancel(this.#node)
    this.#state = 'waiting'
    this.#environment.updates.request(this.#source.lane, this, options)
  }

  /** Begins to fetch the link each time its timeout has passed. GRIP: rel=next timeout. */
  poll(): void {
    if (this.#state !== 'idle') return
    const { clock, wheel } = this.#environment
    wheel.schedule(this.#node, clock.now() + this.#link.timeoutSeconds * 1000)
  }

  /** The client has read what it was sent. */
  resume(): void {
    this.#exchange?.resume()
  }

  stop(): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#environment.wheel.cancel(this.#node)
    this.#environment.updates.cancel(this.#source.lane, this)
    this.#exchange?.abort()
    this.#settle()
  }

  onDue(): void {
    if (this.#state === 'pausing') {
      this.#state = 'idle'
      this.#ask({ isUrgent: true })
    } else if (this.#stream.takeWasActive()) {
      this.poll()
    } else {
      this.follow({ isUrgent: false })
    }
  }

  runUpdate(onSettled: () => void): void {
    this.#state = 'fetching'
    this.#onSettled = onSettled
    this.#hasBody = false
    this.#instruct = undefined
    this.#lastIds ??= this.#beginAnswer()
    this.#exchange = this.#source.fetch(this.#link.url, this.#lastIds, this)
  }

  onInstruct(instruct: Instruct): void {
    this.#instruct = instruct
    this.#content = createResponseContentFilter(instruct)
  }

  onData(chunk: Buffer): boolean {
    if (this.#state !== 'fetching') return true
    this.#hasBody = true
    const result = this.#content?.update(chunk) ?? { kind: 'send', content: chunk }
    if (result.kind === 'send') return this.#stream.append(result.content)
    this.#exchange?.abort()
    this.onInvalid(`filter error: ${result.message}`)
    return true
  }

  onEnd(): void {
    const instruct = this.#instruct
    if (this.#state !== 'fetching' || instruct === undefined) return
    const end = this.#content?.end()
    if (end?.kind === 'error') {
      this.onInvalid(`filter error: ${end.message}`)
      return
    }
    this.#state = 'idle'
    this.#retries = 0
    this.#settle()
    if (instruct.nextLink !== undefined) this.#link = instruct.nextLink
    if (instruct.holdMode === 'stream') {
      this.#lastIds = undefined
      this.#stream.adopt(instruct)
      if (instruct.nextLink !== undefined) this.poll()
      if (this.#isDueAgain) this.follow({ isUrgent: false })
    } else if (instruct.nextLink !== undefined) {
      this.#hasPages = true
      this.#ask({ isUrgent: true })
    } else {
      this.#stream.finish()
    }
  }

  onFailed(text: string): void {
    if (this.#state !== 'fetching') return
    this.#environment.log.warn(`next link ${this.#link.url}: ${text}`)
    this.#settle()
    if (this.#hasBody || this.#retries === MAX_RETRIES) {
      this.#stream.finish('Failed to retrieve next link.')
      return
    }
    this.#state = 'pausing'
    const delayMs = FIRST_RETRY_MS * 2 ** this.#retries + Math.random() * RETRY_JITTER_MS
    this.#retries++
    if (!this.#hasPages) {
      this.#lastIds = undefined
      this.#stream.releaseItems()
    }
    this.#environment.wheel.schedule(this.#node, this.#environment.clock.now() + delayMs)
  }

  onInvalid(text: string): void {
    if (this.#state !== 'fetching') return
    this.#environment.log.warn(`next link ${this.#link.url}: ${text}`)
    this.#settle()
    this.#stream.finish(text)
  }

  #beginAnswer(): readonly LastId[] {
    this.#hasPages = false
    this.#isDueAgain = false
    return this.#stream.beginAnswer()
  }

  #settle(): void {
    this.#exchange = undefined
    const onSettled = this.#onSettled
    this.#onSettled = undefined
    onSettled?.()
  }
}
