import type { OriginExchange, OriginResponseSink } from '../edges/origin.ts'
import { HoldfastError } from '../errors.ts'
import { type Instruct, isInstruct, isJsonInstruct, parseInstructHead } from '../grip/instruct.ts'
import type { LinkSink } from '../hold/linkSource.ts'
import type { ResponseHead } from '../util/headers.ts'

/** Up to here an answer is collected and others may join; a larger one is streamed at the pace of the slowest. */
const MAX_COLLECTED_BYTES = 100_000

/**
 * One fetch of a link for all streams that asked for it together.
 *
 *     collecting --end--> told to all          collecting --larger than kept--> streaming --end--> told to all
 *     any --failed, not 2xx, bad instructions--> told to all        any --all have left--> aborted
 */
export class SharedAnswer implements OriginResponseSink {
  readonly #sinks = new Set<LinkSink>()
  readonly #onDone: () => void
  #state: 'collecting' | 'streaming' | 'done' = 'collecting'
  #exchange: OriginExchange | undefined
  #instruct: Instruct | undefined
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(onDone: () => void) {
    this.#onDone = onDone
  }

  get canJoin(): boolean {
    return this.#state === 'collecting'
  }

  join(sink: LinkSink): OriginExchange {
    this.#sinks.add(sink)
    return { resume: () => this.#exchange?.resume(), abort: () => this.#leave(sink) }
  }

  begin(call: (sink: OriginResponseSink) => OriginExchange): void {
    this.#exchange = call(this)
  }

  onInformational(): void {}

  /** Instructions count only in an answer that is one: what an error page says is not followed. */
  onHead(head: ResponseHead): void {
    if (head.status < 200 || head.status > 299) {
      this.#fail((sink) => sink.onFailed(`status ${head.status}`))
      return
    }
    const instruct = readInstruct(head)
    if (typeof instruct === 'string') this.#fail((sink) => sink.onInvalid(instruct))
    else this.#instruct = instruct
  }

  onData(chunk: Buffer): boolean {
    if (this.#state === 'streaming') return this.#spread(chunk)
    if (this.#state === 'done') return true
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    return this.#bytes <= MAX_COLLECTED_BYTES || this.#spreadCollected()
  }

  onEnd(): void {
    if (this.#state === 'collecting') this.#spreadCollected()
    this.#finish((sink) => sink.onEnd())
  }

  onError(error: HoldfastError): void {
    this.#finish((sink) => sink.onFailed(error.message))
  }

  #spreadCollected(): boolean {
    const instruct = this.#instruct
    if (instruct === undefined) return true
    this.#state = 'streaming'
    for (const sink of this.#sinks) sink.onInstruct(instruct)
    const body = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = []
    return body.length === 0 || this.#spread(body)
  }

  #spread(chunk: Buffer): boolean {
    let goesOn = true
    for (const sink of this.#sinks) {
      if (!sink.onData(chunk)) goesOn = false
    }
    return goesOn
  }

  #leave(sink: LinkSink): void {
    this.#sinks.delete(sink)
    if (this.#sinks.size > 0 || this.#state === 'done') return
    this.#exchange?.abort()
    this.#finish(() => {})
  }

  #fail(tell: (sink: LinkSink) => void): void {
    this.#exchange?.abort()
    // The exchange may not have been returned yet where an origin answers at once; it is then done all the same.
    this.#finish(tell)
  }

  #finish(tell: (sink: LinkSink) => void): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#onDone()
    const sinks = [...this.#sinks]
    this.#sinks.clear()
    for (const sink of sinks) tell(sink)
  }
}

/** Without instructions an answer is the last part of its stream. */
function readInstruct(head: ResponseHead): Instruct | string {
  if (isJsonInstruct(head)) return 'Next link returned application/grip-instruct, which cannot be used here.'
  if (!isInstruct(head)) return PLAIN
  try {
    const instruct = parseInstructHead(head)
    return instruct.holdMode === 'response' ? 'Next link returned non-stream hold.' : instruct
  } catch (error) {
    if (error instanceof HoldfastError) return error.message
    throw error
  }
}

const PLAIN: Instruct = {
  holdMode: 'none',
  channels: [],
  timeoutSeconds: 0,
  keepAlive: undefined,
  meta: undefined,
  nextLink: undefined,
  goneLink: undefined,
  response: { status: 200, reason: 'OK', headers: [], body: Buffer.alloc(0) },
}
