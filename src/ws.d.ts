import type { Duplex, Writable } from 'node:stream'

/** What the package exports beside its client and server, and its types leave out. */
declare module 'ws' {
  /** Parses frames that are written to it. */
  export class Receiver extends Writable {
    /** What is to be read next; 0 between frames. */
    readonly _state: number
    /** Bytes that are not parsed yet. */
    readonly _bufferedBytes: number
    /** The opcode of the message of which a fragment was read last; 0 between messages. */
    readonly _fragmented: number
    constructor(options: {
      readonly isServer: boolean
      readonly extensions?: Readonly<Record<string, MessageInflater>>
      readonly maxPayload?: number
      readonly maxFragments?: number
      readonly maxBufferedChunks?: number
    })
    on(event: 'message', listener: (this: this, content: Buffer, isBinary: boolean) => void): this
    on(event: 'ping' | 'pong', listener: (this: this, content: Buffer) => void): this
    on(event: 'conclude', listener: (this: this, code: number, reason: Buffer) => void): this
    on(event: 'error', listener: (this: this, error: NodeJS.ErrnoException) => void): this
    on(event: 'drain', listener: (this: this) => void): this
    on(event: string, listener: (this: this, ...args: never[]) => void): this
  }

  /** What a receiver asks of the permessage-deflate extension. */
  export interface MessageInflater {
    decompress(part: Buffer, isLast: boolean, done: InflateDone): void
  }

  export type InflateDone = (error: Error | null, content: Buffer) => void

  export class PerMessageDeflate implements MessageInflater {
    static readonly extensionName: string
    constructor(options: {
      readonly isServer?: boolean
      readonly maxPayload?: number
      /** Bytes from which a message is compressed, where each is compressed by itself. */
      readonly threshold?: number
      /** A client with `false` takes no answer that limits its window. */
      readonly clientMaxWindowBits?: false
    })
    accept(offers: readonly Record<string, readonly (string | true)[]>[]): unknown
    decompress(part: Buffer, isLast: boolean, done: InflateDone): void
    cleanup(): void
  }

  /** Called when the bytes have been taken, or cannot be. */
  export type OnSent = (error?: Error | null) => void

  /** Writes frames to a connection, in order, those that are compressed first included. */
  export class Sender {
    /** Bytes that wait for compression. */
    readonly _bufferedBytes: number
    constructor(socket: Duplex, extensions: Readonly<Record<string, PerMessageDeflate>>)
    send(
      content: Buffer,
      options: {
        readonly binary: boolean
        readonly compress: boolean
        readonly fin: boolean
        readonly mask: boolean
      },
      onSent: OnSent,
    ): void
    ping(content: Buffer, mask: boolean, onSent: OnSent): void
    pong(content: Buffer, mask: boolean, onSent: OnSent): void
    /** Throws where the code or the reason must not stand in a frame. */
    close(code: number | undefined, reason: Buffer, mask: boolean, onSent: OnSent): void
    /** The bytes of one frame: its head, then its content where there is any. */
    static frame(
      content: Buffer,
      options: {
        readonly fin: boolean
        readonly opcode: number
        readonly mask: boolean
        readonly readOnly: boolean
        readonly rsv1: boolean
      },
    ): Buffer[]
  }

  export const extension: {
    /** Reads a Sec-WebSocket-Extensions field: parameters by extension, one record for each time it is offered. */
    parse(value: string): Record<string, Record<string, (string | true)[]>[]>
  }
}
