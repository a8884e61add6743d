import type { MessageSocketOwner, MessageType } from '../../src/edges/socket.ts'
import type { HoldfastError } from '../../src/errors.ts'
import { eventually } from './waiting.ts'

/** Says what a message is in one word and its content; of binary ones in hex. */
export function describeMessage(type: MessageType, content: Buffer): string {
  return `${type} ${type === 'binary' ? content.toString('hex') : content.toString()}`
}

/** Keeps what a socket tells its owner, in order, in words. */
export class RecordingOwner implements MessageSocketOwner {
  readonly heard: string[] = []
  fault: HoldfastError | undefined
  isGone = false

  onMessage(type: MessageType, content: Buffer): void {
    this.heard.push(describeMessage(type, content))
  }

  onClose(code: number | undefined, reason: string): void {
    this.heard.push(`close ${code} ${reason}`.trim())
  }

  onGone(fault: HoldfastError | undefined): void {
    this.heard.push('gone')
    this.isGone = true
    this.fault = fault
  }

  onDrain(): void {
    this.heard.push('drain')
  }

  /** What was heard, less the word that queued bytes have left. */
  get received(): readonly string[] {
    return this.heard.filter((word) => word !== 'drain')
  }

  async hears(...expected: readonly string[]): Promise<void> {
    const isHeard = () => JSON.stringify(this.received) === JSON.stringify(expected)
    await eventually(JSON.stringify(expected).slice(0, 1000), isHeard).catch((error: Error) => {
      throw new Error(`${error.message}; heard ${JSON.stringify(this.received).slice(0, 1000)}`)
    })
  }

  gone(): Promise<true> {
    return eventually('the end of the socket', () => this.isGone)
  }
}
