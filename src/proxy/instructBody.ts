import { HoldfastError } from '../errors.ts'
import { isJsonInstruct, parseInstructHead } from '../grip/instruct.ts'
import { createResponseContentFilter } from '../hub/filters/responseContent.ts'
import type { ResponseHead } from '../util/headers.ts'
import { WheelNode, type WheelOwner } from '../util/timerWheel.ts'
import type { BodyTaker, Exchange } from './exchange.ts'
import { holdLargeStream, type LargeStream } from './largeStream.ts'

/** Bytes of a body with instructions that are kept until it is complete. Pushpin: 100000. */
const MAX_INSTRUCT_BYTES = 100_000

const NO_BODY = Buffer.alloc(0)

/**
 * Collects an answer with instructions: a hold begins when the whole answer is there. Only a stream whose initial body is
 * larger than what is kept begins to send before.
 *
 *     collecting --end--> accepted
 *     collecting --too large, stream--> streaming --end--> held
 *     collecting --too large, otherwise--> failed (502)
 *     collecting --origin silent--> failed (504): nobody has been told anything yet
 */
export class InstructBody implements BodyTaker, WheelOwner {
  readonly #exchange: Exchange
  readonly #head: ResponseHead
  #chunks: Buffer[] = []
  #bytes = 0
  #stream: LargeStream | undefined
  readonly #silence = new WheelNode(this)
  #heardMs: number

  constructor(exchange: Exchange, head: ResponseHead) {
    this.#exchange = exchange
    this.#head = head
    this.#heardMs = this.#nowMs
    this.#waitOn()
  }

  /** The origin may have gone on meanwhile; parts do not reschedule anything. */
  onDue(nowMs: number): void {
    const { originTimeoutSeconds } = this.#exchange.environment.options
    if (nowMs < this.#heardMs + originTimeoutSeconds * 1000) {
      this.#waitOn()
      return
    }
    const text = `${this.#exchange.targetName} stopped within its answer for ${originTimeoutSeconds} s`
    this.#exchange.fail(new HoldfastError('ORIGIN_TIMEOUT', text))
  }

  data(chunk: Buffer): boolean {
    if (this.#stream !== undefined) return this.#stream.write(chunk)
    this.#heardMs = this.#nowMs
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    return this.#bytes <= MAX_INSTRUCT_BYTES || this.#overflow()
  }

  end(): void {
    this.#stopWaiting()
    if (this.#stream !== undefined) this.#exchange.finish(this.#stream.hold())
    else this.#exchange.accept(this.#head, Buffer.concat(this.#chunks, this.#bytes))
  }

  failed(error: HoldfastError): void {
    this.#stopWaiting()
    const stream = this.#stream
    if (stream === undefined) this.#exchange.fail(error)
    else this.#exchange.breakOff(error, () => stream.destroy())
  }

  /** The body is larger than what is kept: begins the stream, or fails. Answers as `data` does. */
  #overflow(): boolean {
    this.#stopWaiting()
    if (this.#exchange.isRequestTooLarge) {
      this.#exchange.accept(this.#head, NO_BODY)
      return true
    }
    const begun = this.#beginStream()
    if (begun instanceof HoldfastError) {
      this.#exchange.fail(begun)
      return true
    }
    this.#stream = begun
    this.#chunks = []
    return begun.write(NO_BODY)
  }

  get #nowMs(): number {
    return this.#exchange.environment.clock.now()
  }

  #waitOn(): void {
    const { holds, options } = this.#exchange.environment
    holds.wheel.schedule(this.#silence, this.#heardMs + options.originTimeoutSeconds * 1000)
  }

  #stopWaiting(): void {
    this.#exchange.environment.holds.wheel.cancel(this.#silence)
  }

  #beginStream(): LargeStream | HoldfastError {
    const tooLarge = `GRIP instruct response too large from ${this.#exchange.targetName}`
    if (isJsonInstruct(this.#head)) {
      return new HoldfastError('INSTRUCT_TOO_LARGE', tooLarge)
    }
    try {
      const instruct = parseInstructHead(this.#head)
      const isStream =
        instruct.holdMode === 'stream' || (instruct.holdMode === 'none' && instruct.nextLink !== undefined)
      // Ids can be put only into a body that is there as a whole.
      const isFiltered = createResponseContentFilter(instruct) !== undefined
      if (!isStream || isFiltered) return new HoldfastError('INSTRUCT_TOO_LARGE', tooLarge)
      return holdLargeStream(this.#exchange, instruct, Buffer.concat(this.#chunks, this.#bytes))
    } catch (error) {
      if (error instanceof HoldfastError) return error
      throw error
    }
  }
}
