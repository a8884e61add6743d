/** Follows the responses on one client connection just closely enough to know where each ends. */

const State = { head: 0, length: 1, chunkSize: 2, chunkData: 3, trailer: 4, untilClose: 5 }
const MAX_HEAD_BYTES = 16_384

/** Reads HTTP/1.x responses to GET and POST from pieces of any size. */
export class ResponseReader {
  status = 0
  /** Whether the connection may carry another request after this response. */
  keepAlive = true
  #state = State.head
  #text = ''
  #remaining = 0
  #onEnd

  /** `onEnd()` is called at the end of each response; `status` and `keepAlive` are those of that response. */
  constructor(onEnd) {
    this.#onEnd = onEnd
  }

  /** Takes the next `end` bytes of `buffer`. */
  feed(buffer, end) {
    let at = 0
    while (at < end) at = this.#step(buffer, at, end)
  }

  /** Tells the reader that the peer closed: that ends a response without a length. */
  closed() {
    if (this.#state === State.untilClose) this.#finish()
  }

  #step(buffer, at, end) {
    switch (this.#state) {
      case State.head:
        return this.#readHead(buffer, at, end)
      case State.length:
        return this.#skipBody(end - at, at, () => this.#finish())
      case State.chunkData:
        return this.#skipBody(end - at, at, () => {
          this.#state = State.chunkSize
        })
      case State.untilClose:
        return end
      default:
        return this.#readLine(buffer, at, end)
    }
  }

  #skipBody(available, at, then) {
    const taken = Math.min(available, this.#remaining)
    this.#remaining -= taken
    if (this.#remaining === 0) then()
    return at + taken
  }

  #readHead(buffer, at, end) {
    const had = this.#text.length
    this.#text += buffer.latin1Slice(at, Math.min(end, at + MAX_HEAD_BYTES))
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd < 0) {
      if (this.#text.length > MAX_HEAD_BYTES) throw new Error('a response head of more than 16 KB')
      return end
    }
    this.#startBody(this.#text.slice(0, headEnd + 2).toLowerCase())
    return at + headEnd + 4 - had
  }

  #startBody(head) {
    this.#text = ''
    this.status = Number(head.slice(9, 12))
    const http10 = head.startsWith('http/1.0')
    this.keepAlive = http10 ? head.includes('connection: keep-alive') : !head.includes('connection: close')
    const length = /content-length: *(\d+)/.exec(head)
    if (head.includes('transfer-encoding: chunked')) this.#state = State.chunkSize
    else if (length !== null || this.status === 204 || this.status === 304) {
      this.#remaining = Number(length?.[1] ?? 0)
      this.#state = State.length
      if (this.#remaining === 0) this.#finish()
    } else {
      this.#state = State.untilClose
      this.keepAlive = false
    }
  }

  #readLine(buffer, at, end) {
    const lineEnd = buffer.indexOf(10, at)
    if (lineEnd < 0 || lineEnd >= end) {
      this.#text += buffer.latin1Slice(at, end)
      return end
    }
    const line = (this.#text + buffer.latin1Slice(at, lineEnd)).trim()
    this.#text = ''
    if (this.#state === State.trailer) {
      if (line === '') this.#finish()
    } else {
      this.#remaining = Number.parseInt(line, 16) + 2 // with the CRLF that ends the chunk
      this.#state = this.#remaining === 2 ? State.trailer : State.chunkData
    }
    return lineEnd + 1
  }

  #finish() {
    this.#state = State.head
    this.#onEnd()
  }
}
