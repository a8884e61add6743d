/** An HTTP/1.x response as it stood on the wire. */
export interface RawResponse {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Name and value pairs in wire order. */
  readonly headers: readonly (readonly [string, string])[]
  /** The first value of a field, by name in any case. */
  header(name: string): string | undefined
  /** All values of a field, in order. */
  all(name: string): string[]
  readonly body: Buffer
  readonly text: string
  /** False when the connection ended before the body did. */
  readonly complete: boolean
  /** 1xx heads that came before. */
  readonly informational: readonly ResponseHead[]
}

export type ResponseHead = Pick<RawResponse, 'version' | 'status' | 'reason' | 'headers' | 'header' | 'all'>

type Framing = 'none' | 'length' | 'chunked' | 'close'

/** Decodes the bytes of one response to a request of the given method, in whatever pieces they come. */
export class ResponseReader {
  head: ResponseHead | undefined
  complete = false
  readonly informational: ResponseHead[] = []
  readonly #method: string
  #unread: Buffer = Buffer.alloc(0)
  #framing: Framing = 'none'
  #remaining = 0
  readonly #body: Buffer[] = []
  /** Bytes of the decoded body so far. */
  bodyLength = 0

  constructor(method: string) {
    this.#method = method
  }

  /** Bytes that came after this response. */
  get rest(): Buffer {
    return this.#unread
  }

  get body(): Buffer {
    return Buffer.concat(this.#body)
  }

  /** The decoded body so far as UTF-8 text. */
  get text(): string {
    return this.body.toString()
  }

  /** Takes bytes; after the end of the response they stay in `rest`. */
  feed(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    while (!this.complete && this.#step());
  }

  /** Takes note of the connection's end, which completes a body that has no other end mark. */
  end(): void {
    if (this.head !== undefined && this.#framing === 'close') this.complete = true
  }

  result(): RawResponse {
    const { head, body, complete, informational } = this
    if (head === undefined) throw new Error('no response head was received')
    return { ...head, body, text: body.toString(), complete, informational }
  }

  #step(): boolean {
    if (this.head === undefined) return this.#readHead()
    if (this.#framing === 'chunked') return this.#readChunk()
    return this.#readPlain()
  }

  #readHead(): boolean {
    const end = this.#unread.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = parseHead(this.#unread.subarray(0, end).toString('latin1'))
    this.#unread = this.#unread.subarray(end + 4)
    if (head.status >= 100 && head.status < 200 && head.status !== 101) {
      this.informational.push(head)
      return true
    }
    this.head = head
    this.#framing = framingOf(head, this.#method)
    if (this.#framing === 'length') this.#remaining = Number(head.header('content-length'))
    this.complete = this.#framing === 'none' || (this.#framing === 'length' && this.#remaining === 0)
    return true
  }

  #readPlain(): boolean {
    const size =
      this.#framing === 'close' ? this.#unread.length : Math.min(this.#remaining, this.#unread.length)
    if (size === 0) return false
    this.#take(size)
    if (this.#framing === 'length') {
      this.#remaining -= size
      this.complete = this.#remaining === 0
    }
    return true
  }

  #readChunk(): boolean {
    const lineEnd = this.#unread.indexOf('\r\n')
    if (lineEnd < 0) return false
    const size = Number.parseInt(this.#unread.subarray(0, lineEnd).toString('latin1'), 16)
    if (Number.isNaN(size))
      throw new Error(`bad chunk: ${JSON.stringify(this.#unread.toString('latin1', 0, 80))}`)
    if (this.#unread.length < lineEnd + 2 + size + 2) return false
    this.#unread = this.#unread.subarray(lineEnd + 2)
    if (size > 0) this.#take(size)
    this.#unread = this.#unread.subarray(2)
    this.complete = size === 0
    return true
  }

  #take(size: number): void {
    this.#body.push(this.#unread.subarray(0, size))
    this.bodyLength += size
    this.#unread = this.#unread.subarray(size)
  }
}

function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const match = /^(HTTP\/\d\.\d) (\d+) ?(.*)$/.exec(statusLine)
  if (match === null) throw new Error(`bad status line: ${JSON.stringify(statusLine)}`)
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const all = (name: string) =>
    headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return {
    version: match[1]!,
    status: Number(match[2]),
    reason: match[3]!,
    headers,
    all,
    header: (name) => all(name)[0],
  }
}

function framingOf(head: ResponseHead, method: string): Framing {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return 'none'
  if (head.header('transfer-encoding') === 'chunked') return 'chunked'
  return head.header('content-length') === undefined ? 'close' : 'length'
}
