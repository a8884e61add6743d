import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { OriginRequest, OriginTarget } from '../../../src/edges/origin.ts'
import type { OriginOpening, OriginSocket, OriginSocketSink } from '../../../src/edges/originSocket.ts'
import type { HoldfastError } from '../../../src/errors.ts'
import {
  WebSocketOrigin,
  type WebSocketOriginOptions,
} from '../../../src/origin/webSocket/webSocketOrigin.ts'
import { systemClock } from '../../../src/systemClock.ts'
import type { ResponseHead } from '../../../src/util/headers.ts'
import { startTcpOrigin } from '../../support/origin.ts'
import { RecordingOwner } from '../../support/recordingOwner.ts'
import { eventually } from '../../support/waiting.ts'
import { targetAt } from '../passthroughFront.ts'
import { requestFor } from '../recordingSink.ts'

/** Keeps how an opening ended. */
export class RecordingSocketSink implements OriginSocketSink {
  readonly owner = new RecordingOwner()
  head: ResponseHead | undefined
  body: string | undefined
  error: HoldfastError | undefined
  socket: OriginSocket | undefined
  calls = 0

  onOpen(head: ResponseHead, socket: OriginSocket): void {
    this.calls++
    this.head = head
    this.socket = socket
    socket.owner = this.owner
  }

  onRefused(head: ResponseHead, body: Buffer): void {
    this.calls++
    this.head = head
    this.body = body.toString()
  }

  onError(error: HoldfastError): void {
    this.calls++
    this.error = error
  }

  settled(): Promise<true> {
    return eventually('the end of the opening', () => this.calls > 0)
  }
}

/** Makes a SocketOrigin that is closed after the test. */
export function createOrigin(options: Partial<WebSocketOriginOptions> = {}): WebSocketOrigin {
  const origin = new WebSocketOrigin({
    clock: systemClock,
    responseTimeoutMs: 5000,
    maxMessageBytes: 1000,
    maxMessageFragments: 500,
    maxRefusalBytes: 100,
    offersDeflate: false,
    ...options,
  })
  onTestFinished(() => origin.close())
  return origin
}

export interface OpenOptions {
  readonly origin?: Partial<WebSocketOriginOptions>
  readonly target?: Partial<OriginTarget>
  readonly request?: Partial<OriginRequest>
}

/** Begins to open a WebSocket to a port of this machine. */
export function beginOpening(
  port: number,
  options: OpenOptions = {},
): { readonly sink: RecordingSocketSink; readonly opening: OriginOpening } {
  const sink = new RecordingSocketSink()
  const origin = createOrigin(options.origin)
  const target = targetAt(port, options.target)
  const opening = origin.openSocket(target, requestFor('/ws?a=1', options.request), sink)
  return { sink, opening }
}

/** Opens a WebSocket to a port of this machine, and waits for how that ends. */
export async function openSocket(port: number, options: OpenOptions = {}): Promise<RecordingSocketSink> {
  const { sink } = beginOpening(port, options)
  await sink.settled()
  return sink
}

/** A connection of an origin that speaks bytes. */
export interface RawPeer {
  readonly socket: Socket
  /** The handshake as it was sent, without the empty line. */
  readonly head: string
  /** Bytes received behind the handshake. */
  readonly bytes: () => Buffer
  readonly hasEnded: () => boolean
}

/** Starts an origin that answers each handshake with what `answer` makes of it, a character for each byte; ended after the test. */
export async function startRawOrigin(
  answer: (peer: { readonly head: string; readonly accept: string }) => string,
): Promise<{ readonly port: number; readonly peer: () => Promise<RawPeer> }> {
  const peers: RawPeer[] = []
  const origin = await startTcpOrigin((socket) => {
    let received: Buffer = Buffer.alloc(0)
    let bodyStart = -1
    let hasEnded = false
    const onEnded = () => {
      hasEnded = true
    }
    socket.on('end', onEnded)
    socket.on('close', onEnded)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (bodyStart >= 0 || !received.includes('\r\n\r\n')) return
      bodyStart = received.indexOf('\r\n\r\n') + 4
      const head = received.toString('latin1', 0, bodyStart - 4)
      peers.push({ socket, head, bytes: () => received.subarray(bodyStart), hasEnded: () => hasEnded })
      socket.write(answer({ head, accept: acceptFor(head) }), 'latin1')
    })
  })
  onTestFinished(() => origin.stop())
  return { port: origin.port, peer: () => eventually('a handshake', () => peers[0]) }
}

/** A 101 that is right, followed by these bytes. */
export function switching(accept: string, headers = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${headers}\r\n`
}

function acceptFor(head: string): string {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(head)?.[1]?.trim() ?? ''
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}
