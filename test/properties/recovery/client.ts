import type { ClientResponse, ClientStream, ClientStreamOwner } from '../../../src/edges/client.ts'
import type { ResponseHead } from '../../../src/util/headers.ts'
import type { World } from './world.ts'

export type ClientKind = 'poll' | 'stream' | 'sse' | 'events'

const COME_BACK_MS = 20

/** A client that asks again whenever it was answered, with the number of the last item that it has in the URL. */
export class Client {
  readonly kind: ClientKind
  readonly #world: World
  /** The newest item that it has; it began with none. */
  last = 0
  /** What was wrong in what it was sent. */
  fault: string | undefined
  #answer: Answer | undefined

  constructor(world: World, kind: ClientKind) {
    this.#world = world
    this.kind = kind
    this.#ask()
  }

  /** Cuts the connection; the client is back soon after. */
  cut(): void {
    const answer = this.#answer
    if (answer === undefined) return
    this.#answer = undefined
    answer.cut()
    this.#askSoon()
  }

  #ask(): void {
    const answer: Answer = new Answer({
      onBytes: (text) => {
        if (this.#answer === answer) this.#take(text)
      },
      onOver: () => {
        if (this.#answer !== answer) return
        this.#answer = undefined
        this.#askSoon()
      },
    })
    this.#answer = answer
    this.#world.request(`/${this.kind}?last=${this.last}`, answer)
  }

  #askSoon(): void {
    this.#world.clock.after(this.#world.random() * COME_BACK_MS, () => this.#ask())
  }

  #take(text: string): void {
    for (const part of text.split(',')) {
      if (part === '') continue
      if (Number(part) !== this.last + 1) this.fault ??= `${part} came after ${this.last}`
      this.last = Number(part)
    }
  }
}

interface Reader {
  onBytes(text: string): void
  onOver(): void
}

/** The client's end of one answer. A body that is not a 200's is not read. */
class Answer implements ClientResponse {
  onClose: (() => void) | undefined
  onDrain: (() => void) | undefined
  started = false
  #status = 0
  #isOver = false
  #stream: Stream | undefined
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  cut(): void {
    const { onClose } = this
    this.#isOver = true
    this.onClose = undefined
    if (this.#stream === undefined) onClose?.()
    else this.#stream.cut()
  }

  informational(): void {}

  closeAfter(): void {}

  head(head: ResponseHead): void {
    this.started = true
    this.#status = head.status
  }

  write(chunk: Buffer): boolean {
    if (this.#status === 200 && !this.#isOver) this.#reader.onBytes(chunk.toString())
    return true
  }

  end(chunk?: Buffer): void {
    if (chunk !== undefined) this.write(chunk)
    this.abort()
  }

  abort(): void {
    this.#isOver = true
    this.onClose = undefined
    this.#reader.onOver()
  }

  holdStream(_head: ResponseHead, initialBody: Buffer): ClientStream {
    this.started = true
    this.onClose = undefined
    this.#reader.onBytes(initialBody.toString())
    this.#stream = new Stream(this.#reader)
    return this.#stream
  }
}

class Stream implements ClientStream {
  readonly framing = 'raw'
  readonly peerAddress = '192.0.2.1'
  readonly bytesQueued = 0
  owner: ClientStreamOwner | undefined
  #isOver = false
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  cut(): void {
    this.#isOver = true
    this.owner?.onStreamClose()
  }

  write(wire: Buffer): void {
    if (!this.#isOver) this.#reader.onBytes(wire.toString())
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reader.onOver()
    this.owner?.onStreamClose()
  }

  destroy(): void {
    this.end()
  }
}
