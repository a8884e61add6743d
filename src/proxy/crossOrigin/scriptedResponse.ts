import type { ClientResponse, ClientStream } from '../../edges.ts'
import { reasonFor } from '../../grip/statusReasons.ts'
import type { ResponseHead } from '../../util/headers.ts'
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
 */
export class ScriptedResponse implements ClientResponse {
  /** Where the answer comes from decides how much it says of itself. */
  source: JsonpSource = 'relayed'
  readonly #inner: ClientResponse
  readonly #jsonp: JsonpRequest
  #encoder: JsonpEncoder | undefined
  #isRefusing = false
  #start: Buffer = Buffer.alloc(0)

  constructor(inner: ClientResponse, jsonp: JsonpRequest) {
    this.#inner = inner
    this.#jsonp = jsonp
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

  /** A script has one answer. */
  informational(): void {}

  head(head: ResponseHead): void {
    this.#isRefusing = !isJsonpEncodable(head.headers)
    const told = this.#isRefusing ? refusal() : head
    this.#encoder = new JsonpEncoder(this.#jsonp)
    this.#inner.head(jsonpHead(told.headers, this.source))
    this.#start = this.#encoder.start(told)
    if (this.#isRefusing) this.#start = Buffer.concat([this.#start, this.#encoder.update(REFUSAL_BODY)])
  }

  write(chunk: Buffer): boolean {
    return this.#inner.write(this.#wrap(chunk))
  }

  end(chunk?: Buffer): void {
    const last = chunk === undefined ? this.#takeStart() : this.#wrap(chunk)
    this.#inner.end(Buffer.concat([last, this.#encoder?.end() ?? NOTHING]))
  }

  closeAfter(): void {
    this.#inner.closeAfter()
  }

  abort(): void {
    this.#inner.abort()
  }

  /** A stream cannot be a script: it never ends. */
  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    return this.#inner.holdStream(head, initialBody)
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
