import type { ClientResponse, ClientStream } from '../../edges/client.ts'
import type { ResponseHead } from '../../util/headers.ts'

/** An answer that goes to another one as it is; what is to change on the way is overridden. */
export class ForwardingResponse implements ClientResponse {
  protected readonly inner: ClientResponse

  constructor(inner: ClientResponse) {
    this.inner = inner
  }

  get started(): boolean {
    return this.inner.started
  }

  get onClose(): (() => void) | undefined {
    return this.inner.onClose
  }

  set onClose(callback: (() => void) | undefined) {
    this.inner.onClose = callback
  }

  get onDrain(): (() => void) | undefined {
    return this.inner.onDrain
  }

  set onDrain(callback: (() => void) | undefined) {
    this.inner.onDrain = callback
  }

  informational(head: ResponseHead): void {
    this.inner.informational(head)
  }

  head(head: ResponseHead): void {
    this.inner.head(head)
  }

  write(chunk: Buffer): boolean {
    return this.inner.write(chunk)
  }

  end(chunk?: Buffer): void {
    this.inner.end(chunk)
  }

  closeAfter(): void {
    this.inner.closeAfter()
  }

  abort(): void {
    this.inner.abort()
  }

  holdStream(head: ResponseHead, initialBody: Buffer): ClientStream {
    return this.inner.holdStream(head, initialBody)
  }
}
