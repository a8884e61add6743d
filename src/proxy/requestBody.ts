import { Readable } from 'node:stream'
import type { ClientRequest } from '../edges/client.ts'

/** Bytes read before the origin is asked; a shorter body is sent whole and can go to a second target. Pushpin: 10000. */
const PREFETCH_BYTES = 10_000

/** Bytes kept for a request that may become a hold and be asked again. Pushpin: 100000. */
const MAX_KEPT_BYTES = 100_000

/**
 * A client's request body on its way to the origin. The beginning is read ahead; the rest streams with back-pressure, while a copy of
 * up to MAX_KEPT_BYTES is kept.
 */
export class RequestBody {
  readonly #source: Readable | undefined
  #kept: Buffer[] = []
  #keptBytes = 0
  #isComplete: boolean
  #isTooLarge = false
  #receivedBytes = 0
  #onPrefetched: (() => void) | undefined
  #relay: Readable | undefined

  constructor(request: ClientRequest) {
    this.#source = request.body
    this.#isComplete = this.#source === undefined
  }

  /** True when so much was sent that the request cannot be asked again. */
  get isTooLarge(): boolean {
    return this.#isTooLarge
  }

  /** True when an origin gets the bytes as they come. */
  get isStreaming(): boolean {
    return this.#relay !== undefined
  }

  /** Bytes that have come since this was asked last. */
  takeReceivedBytes(): number {
    const bytes = this.#receivedBytes
    this.#receivedBytes = 0
    return bytes
  }

  /** Calls back when the body is complete or PREFETCH_BYTES have come; at once when there is no body. */
  prefetch(onPrefetched: () => void): void {
    if (this.#source === undefined) {
      onPrefetched()
      return
    }
    this.#onPrefetched = onPrefetched
    this.#source.on('data', this.#onData)
    this.#source.on('end', this.#onEnd)
    this.#source.on('error', this.#onError)
  }

  /**
   * The body for one attempt at an origin: a Buffer when it is complete, else a stream. Undefined when there is none. A
   * further attempt gets the same bytes again, unless `isTooLarge`.
   */
  forOrigin(): Buffer | Readable | undefined {
    if (this.#isComplete) return this.#keptBytes === 0 ? undefined : Buffer.concat(this.#kept)
    const relay = new Readable({ read: () => this.#source?.resume() })
    // The exchange that reads the relay reports its failure; the event alone must not end the process.
    relay.on('error', () => {})
    for (const chunk of this.#kept) relay.push(chunk)
    this.#relay = relay
    return relay
  }

  /** Takes what the client still sends and drops it: nobody waits for it, and only reading shows when the client leaves. */
  discard(): void {
    if (this.#isComplete) return
    // What is dropped cannot be sent again.
    this.#isTooLarge = true
    this.#source?.off('data', this.#onData)
    this.#source?.off('end', this.#onEnd)
    this.#source?.resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#receivedBytes += chunk.length
    this.#keep(chunk)
    if (this.#relay !== undefined) {
      if (!this.#relay.push(chunk)) this.#source?.pause()
    } else if (this.#keptBytes >= PREFETCH_BYTES) {
      this.#source?.pause()
      this.#prefetched()
    }
  }

  readonly #onEnd = (): void => {
    this.#isComplete = true
    if (this.#relay !== undefined) this.#relay.push(null)
    else this.#prefetched()
  }

  /** The client's connection broke: its close ends the exchange, here only the relay must not look complete. */
  readonly #onError = (error: Error): void => {
    this.#relay?.destroy(error)
  }

  #keep(chunk: Buffer): void {
    if (this.#isTooLarge) return
    this.#keptBytes += chunk.length
    this.#kept.push(chunk)
    // Before the relay exists the kept chunks are the only copy; a single read is never that large.
    if (this.#keptBytes > MAX_KEPT_BYTES && this.#relay !== undefined) {
      this.#isTooLarge = true
      this.#kept = []
    }
  }

  #prefetched(): void {
    const onPrefetched = this.#onPrefetched
    this.#onPrefetched = undefined
    onPrefetched?.()
  }
}
