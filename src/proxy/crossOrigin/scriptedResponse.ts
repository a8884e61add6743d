import type { ClientResponse, ClientStream } from '../../edges/client.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import type { RawHeaders, ResponseHead } from '../../util/headers.ts'
import { CorsResponse } from './corsResponse.ts'
import { ForwardingResponse } from './forwardingResponse.ts'
import type { JsonpRequest } from './jsonpRequest.ts'
import {
  isJsonpEncodable,
  JSONP_NOT_ENCODABLE,
  JsonpEncoder,
  type JsonpSource,
  jsonpHead,
} from './jsonpResponse.ts'

/**
 * An answer that is wrapped in a call of a script's function. Pushpin: JSON-P.
 *
 *     waiting --head--> wrapping --end--> done
 *     waiting --head of an encoded body--> refusing: an error in place of the body
 *
 * A stream is held as it is, open by CORS: a script cannot be endless.
 */
export class ScriptedResponse extends ForwardingResponse {
  /** Where the answer comes from decides how much it says of itself. */
  source: JsonpSource = 'relayed'
  readonly #jsonp: JsonpRequest
  /** As the client sent them. */
  readonly #requestHeaders: RawHeaders
  #encoder: JsonpEncoder | undefined
  #isRefusing = false
  #start: Buffer = Buffer.alloc(0)

  constructor(inner: ClientResponse, asked: { readonly jsonp: JsonpRequest; readonly headers: RawHeaders }) {
    super(inner)
    this.#jsonp = asked.jsonp
    this.#requestHeaders = asked.headers
  }

  /** A script has one answer. */
  override informational(): void {}

  override head(head: ResponseHead): void {
    this.#isRefusing = !isJsonpEncodable(head.headers)
    const told = this.#isRefusing ? refusal() : head
    this.#encoder = new JsonpEncoder(this.#jsonp)
    this.inner.head(jsonpHead(told.headers, this.source))
    this.#start = this.#encoder.start(told)
    if (this.#isRefusing) this.#start = Buffer.concat([this.#start, this.#encoder.update(REFUSAL_BODY)])
  }

  override write(chunk: Buffer): boolean {
    return this.inner.write(this.#wrap(chunk))
  }

  override end(chunk?: Buffer): void {
    const last = chunk === undefined ? this.#takeStart() : this.#wrap(chunk)
    this.inner.end(Buffer.concat([last, this.#encoder?.end() ?? NOTHING]))
  }

  override holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    return new CorsResponse(this.inner, this.#requestHeaders).holdStream(head, initialBody)
  }

  #wrap(chunk: Buffer): Buffer {
    const wrapped = this.#isRefusing ? NOTHING : (this.#encoder?.update(chunk) ?? NOTHING)
    return Buffer.concat([this.#takeStart(), wrapped])
  }

  #takeStart(): Buffer {
    const start = this.#start
    this.#start = NOTHING
    return start
  }
}

const NOTHING = Buffer.alloc(0)
const REFUSAL_BODY = Buffer.from(`${JSONP_NOT_ENCODABLE.text}\n`)

function refusal(): ResponseHead {
  const { status } = JSONP_NOT_ENCODABLE
  return { status, reason: reasonFor(status), headers: ['Content-Type', 'text/plain'] }
}
