import type { MessageSocket, MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import type { HoldfastError } from '../../errors.ts'
import type { TrialSink } from '../../ingress/dashboard/trial.ts'

/** A WebSocket of a trial: it tells what comes, and answers pings and closes as any client does. */
export class TrialSocket implements MessageSocketOwner {
  readonly #socket: MessageSocket
  readonly #sink: TrialSink

  constructor(socket: MessageSocket, sink: TrialSink) {
    this.#socket = socket
    this.#sink = sink
    socket.owner = this
  }

  sendText(text: string): void {
    this.#send('text', Buffer.from(text))
  }

  /** Ends it as a client does that leaves. */
  stop(): void {
    this.#socket.close(1000, '')
  }

  onMessage(type: MessageType, content: Buffer): void {
    this.#sink.onReceived(messageText(type, content))
    if (type === 'ping') this.#send('pong', content)
  }

  onClose(code: number | undefined, reason: string): void {
    this.#sink.onReceived(`CLOSE ${code ?? ''} ${reason}`.trimEnd())
    this.#socket.close(code, reason)
  }

  onGone(fault: HoldfastError | undefined): void {
    this.#sink.onNote(fault === undefined ? 'The connection is closed.' : fault.message)
    this.#sink.onEnd()
  }

  onDrain(): void {}

  #send(type: MessageType, content: Buffer): void {
    this.#sink.onSent(messageText(type, content))
    this.#socket.send(type, content)
  }
}

/** Names the frame and shows its content, bytes as hexadecimal digits. */
function messageText(type: MessageType, content: Buffer): string {
  const shown = type === 'text' ? content.toString() : content.toString('hex').replace(/..(?=.)/g, '$& ')
  return `${type.toUpperCase()} ${shown}`.trimEnd()
}
