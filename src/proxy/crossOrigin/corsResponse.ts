import type { ClientResponse, ClientStream } from '../../edges.ts'
import type { RawHeaders, ResponseHead } from '../../util/headers.ts'
import { addCorsHeaders } from './corsHeaders.ts'

/** An answer that scripts of every site may read. Pushpin: `auto_cross_origin`. */
export class CorsResponse implements ClientResponse {
  readonly #inner: ClientResponse
  readonly #requestHeaders: RawHeaders

  constructor(inner: ClientResponse, requestHeaders: RawHeaders) {
    this.#inner = inner
    this.#requestHeaders = requestHeaders
  }

  get started(): boolean {
    return this.#inner.started
  }

  get onClose(): (() => void) | undefined {
    return this.#inner.onClose
  }

  set onClose(callback: (() => void) | undefined) {
    this.#inner.onClose = callback
  }

  get onDrain(): (() => void) | undefined {
    return this.#inner.onDrain
  }

  set onDrain(callback: (() => void) | undefined) {
    this.#inner.onDrain = callback
  }

  informational(head: ResponseHead): void {
    this.#inner.informational(head)
  }

  head(head: ResponseHead): void {
    this.#inner.head(this.#open(head))
  }

  write(chunk: Buffer): boolean {
    return this.#inner.write(chunk)
  }

  end(chunk?: Buffer): void {
    this.#inner.end(chunk)
  }

  closeAfter(): void {
    this.#inner.closeAfter()
  }

  abort(): void {
    this.#inner.abort()
  }

  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    return this.#inner.holdStream(this.#open(head), initialBody)
  }

  #open(head: ResponseHead): ResponseHead {
    return { ...head, headers: addCorsHeaders(head.headers, this.#requestHeaders) }
  }
}
