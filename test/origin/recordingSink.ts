import type { OriginRequest, OriginResponseSink } from '../../src/edges/origin.ts'
import type { HoldfastError } from '../../src/errors.ts'
import type { ResponseHead } from '../../src/util/headers.ts'

/** Keeps what an origin tells it, in order. */
export class RecordingSink implements OriginResponseSink {
  readonly calls: string[] = []
  head: ResponseHead | undefined
  body = ''
  error: HoldfastError | undefined
  /** What `onData` answers. */
  goesOn = true
  /** Resolves with the end or the failure. */
  readonly ended: Promise<void>
  #onEnded: () => void = () => {}

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#onEnded = resolve
    })
  }

  onInformational(): void {
    this.calls.push('informational')
  }

  onHead(head: ResponseHead): void {
    this.calls.push('head')
    this.head = head
  }

  onData(chunk: Buffer): boolean {
    this.calls.push('data')
    this.body += chunk.toString()
    return this.goesOn
  }

  onEnd(): void {
    this.calls.push('end')
    this.#onEnded()
  }

  onError(error: HoldfastError): void {
    this.calls.push('error')
    this.error = error
    this.#onEnded()
  }
}

/** A request to a local origin. */
export function requestFor(path: string, more: Partial<OriginRequest> = {}): OriginRequest {
  return {
    method: 'GET',
    path,
    authority: 'local.test',
    headers: [],
    body: undefined,
    bodyLength: undefined,
    ...more,
  }
}
