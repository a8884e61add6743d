import type { ClientResponse, ClientStream } from '../../edges/client.ts'
import type { RawHeaders, ResponseHead } from '../../util/headers.ts'
import { addCorsHeaders } from './corsHeaders.ts'
import { ForwardingResponse } from './forwardingResponse.ts'

/** An answer that scripts of every site may read. Pushpin: `auto_cross_origin`. */
export class CorsResponse extends ForwardingResponse {
  readonly #requestHeaders: RawHeaders

  constructor(inner: ClientResponse, requestHeaders: RawHeaders) {
    super(inner)
    this.#requestHeaders = requestHeaders
  }

  override head(head: ResponseHead): void {
    super.head(this.#open(head))
  }

  override holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    return super.holdStream(this.#open(head), initialBody)
  }

  #open(head: ResponseHead): ResponseHead {
    return { ...head, headers: addCorsHeaders(head.headers, this.#requestHeaders) }
  }
}
