import type {
  ClientResponse,
  ClientStream,
  ClientStreamOwner,
  StreamFraming,
} from '../../src/edges/client.ts'
import type { ResponseHead } from '../../src/util/headers.ts'

/** A held stream that keeps what is written; throws when it is used against the rules of ClientStream. */
export class FakeStream implements ClientStream {
  readonly framing: StreamFraming
  readonly peerAddress = '192.0.2.1'
  bytesQueued = 0
  owner: ClientStreamOwner | undefined
  readonly writes: string[] = []
  /** How it ended: by `end`, by `destroy` or because the client left. */
  ending: 'end' | 'destroy' | 'left' | undefined
  ends = 0

  constructor(framing: StreamFraming = 'raw') {
    this.framing = framing
  }

  get text(): string {
    return this.writes.join('')
  }

  write(wire: Buffer): void {
    if (this.ending !== undefined) throw new Error(`written after ${this.ending}: ${wire}`)
    if (wire.length === 0) throw new Error('an empty write')
    this.writes.push(wire.toString())
  }

  end(): void {
    this.#finish('end')
  }

  destroy(): void {
    this.#finish('destroy')
  }

  /** The connection is gone: tells the owner, as each real stream does in the end. */
  leave(): void {
    this.ending ??= 'left'
    this.owner?.onStreamClose()
  }

  /** All queued bytes are taken. */
  drain(): void {
    this.bytesQueued = 0
    this.owner?.onStreamDrain()
  }

  #finish(how: 'end' | 'destroy'): void {
    this.ends++
    if (this.ending !== undefined) throw new Error(`${how} after ${this.ending}`)
    this.ending = how
  }
}

/** An answer that keeps what it is told; throws when it is used against the rules of ClientResponse. */
export class FakeResponse implements ClientResponse {
  onClose: (() => void) | undefined
  onDrain: (() => void) | undefined
  readonly informationals: ResponseHead[] = []
  sentHead: ResponseHead | undefined
  stream: FakeStream | undefined
  /** What `write` answers. */
  goesOn = true
  isClosing = false
  state: 'open' | 'ended' | 'held' | 'aborted' | 'left' = 'open'
  readonly #chunks: Buffer[] = []

  get started(): boolean {
    return this.sentHead !== undefined || this.stream !== undefined
  }

  get body(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  informational(head: ResponseHead): void {
    this.#use('informational')
    if (this.started) throw new Error('informational after head')
    this.informationals.push(head)
  }

  head(head: ResponseHead): void {
    this.#use('head')
    if (this.started) throw new Error('a second head')
    this.sentHead = head
  }

  write(chunk: Buffer): boolean {
    this.#use('write')
    if (!this.started) throw new Error('write before head')
    this.#chunks.push(chunk)
    return this.goesOn
  }

  end(chunk?: Buffer): void {
    this.#use('end')
    if (!this.started) throw new Error('end before head')
    if (chunk !== undefined) this.#chunks.push(chunk)
    this.state = 'ended'
    this.onClose = undefined
  }

  closeAfter(): void {
    this.#use('closeAfter')
    if (this.started) throw new Error('closeAfter after head')
    this.isClosing = true
  }

  abort(): void {
    this.#use('abort')
    this.state = 'aborted'
    this.onClose = undefined
  }

  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    this.head(head)
    this.state = 'held'
    this.onClose = undefined
    this.stream = new FakeStream()
    if (initialBody.length > 0) this.stream.write(initialBody)
    return this.stream
  }

  /** The client goes away before the answer is complete. */
  leave(): void {
    if (this.state !== 'open') throw new Error(`cannot leave: ${this.state}`)
    this.state = 'left'
    const { onClose } = this
    this.onClose = undefined
    onClose?.()
  }

  #use(call: string): void {
    // Who has just been told that the client left may still finish what it is doing.
    if (this.state !== 'open' && this.state !== 'left') throw new Error(`${call} when ${this.state}`)
  }
}
