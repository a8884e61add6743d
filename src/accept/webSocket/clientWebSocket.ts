import type { ClientSocket, MessageFraming, MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { HoldfastError } from '../../errors.ts'
import type { CloseReason } from '../../stats/counters.ts'
import { encodeCloseContent } from '../../util/webSocketClose.ts'
import { breakConnection } from '../breakConnection.ts'
import type { ClientConnection } from '../clientConnection.ts'
import { createDirectWriter, type DirectWriter, type DirectWriterOwner } from '../directWrite.ts'
import { LINGER_MS } from '../lingeringClose.ts'
import type { FrameReader, FrameSink } from './frameReader.ts'
import { DEFLATE_FRAMING, encodeCloseFrame, PLAIN_FRAMING } from './messageFraming.ts'
import { MessageInflation } from './messageInflation.ts'
import type { SocketEnvironment } from './socketEnvironment.ts'
import { type ConnectionListener, listenTo } from './socketEvents.ts'
import type { SocketFault } from './socketFault.ts'
import { MAX_UNANSWERED_PINGS, SocketWatch, type WatchedSocket } from './socketWatch.ts'

/** How long the client's Close, and then the end of its connection, are waited for. */
export const CLOSE_TIMEOUT_MS = 10_000

/** Where nobody has said why, clients are told that nothing is wrong, as by Pushpin. RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000

/** In the order in which they can follow each other. */
const State = { open: 0, peerClosed: 1, closeSent: 2, ending: 3 } as const
type State = (typeof State)[keyof typeof State]

/** What was read while the owner had asked the client to wait. */
type HeldFrame =
  | { readonly type: MessageType; readonly content: Buffer }
  | { readonly type: 'close'; readonly code: number | undefined; readonly reason: string }

/**
 * A client's WebSocket on a connection that is ours alone. The frames are parsed by `ws`.
 *
 *     open --client's Close--> peerClosed --close()--> ending
 *     open --close()--> closeSent --client's Close--> ending
 *     any --fault: we send a Close that says which--> ending
 *     ending: our side of the connection ends when what is queued is written, and what still comes is dropped
 *
 * The connection may break in each of these; the owner hears of the end once.
 */
export class ClientWebSocket
  implements ClientSocket, ConnectionListener, DirectWriterOwner, FrameSink, WatchedSocket
{
  readonly framing: MessageFraming
  readonly #environment: SocketEnvironment
  readonly #socket: ClientConnection
  readonly #writer: DirectWriter
  readonly #watch: SocketWatch
  #owner: MessageSocketOwner | undefined
  #state: State = State.open
  #reader: FrameReader | undefined
  #inflation: MessageInflation | undefined
  #isPaused = false
  #held: HeldFrame[] | undefined
  /** The connection's reading side has ended while messages were being inflated. */
  #hasEnded = false
  #isGone = false
  #fault: HoldfastError | undefined

  constructor(
    environment: SocketEnvironment,
    socket: ClientConnection,
    { isDeflating = false, early }: { isDeflating?: boolean; early?: Buffer } = {},
  ) {
    this.#environment = environment
    this.#socket = socket
    this.framing = isDeflating ? DEFLATE_FRAMING : PLAIN_FRAMING
    this.#writer = createDirectWriter(socket, this)
    this.#watch = new SocketWatch(environment, this)
    // Nothing is read before there is an owner.
    socket.pause()
    listenTo(socket, this)
    if (early !== undefined && early.length > 0) socket.unshift(early)
    if (socket.destroyed) this.closed()
  }

  /** Answers the handshake. */
  begin(head: Buffer): void {
    this.#writer.write(head)
  }

  /** Answers the handshake with a refusal after all: the socket has never been open. */
  refuse(answer: Buffer): void {
    this.#writer.write(answer)
    this.#fault = new HoldfastError('SOCKET_BROKEN', 'the answer to the handshake has too many headers')
    this.#end(LINGER_MS)
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#owner = owner
    if (owner === undefined) return
    // The end may have come first; the one who sets the owner is still at it.
    if (this.#isGone) queueMicrotask(() => owner.onGone(this.#fault))
    else if (this.isReading) this.#socket.resume()
  }

  get peerAddress(): string {
    return this.#socket.remoteAddress ?? ''
  }

  get bytesQueued(): number {
    return this.#writer.bytesQueued
  }

  get bytesTaken(): number {
    return this.#writer.bytesTaken
  }

  get isReading(): boolean {
    return !this.#isPaused && this.#owner !== undefined
  }

  send(type: MessageType, content: Buffer): void {
    this.write(this.framing.frame(type, content))
  }

  write(wire: Buffer): void {
    if (this.#state <= State.peerClosed) this.#writer.write(wire)
  }

  close(code: number | undefined, reason: string): void {
    if (this.#state > State.peerClosed) return
    this.#writer.write(encodeCloseFrame(encodeCloseContent(code ?? NORMAL_CLOSURE, reason)))
    if (this.#state === State.peerClosed) this.#end(CLOSE_TIMEOUT_MS)
    else this.#awaitPeerClose()
  }

  destroy(): void {
    this.#state = State.ending
    this.#socket.destroy()
  }

  pause(): void {
    this.#isPaused = true
    if (this.#state !== State.open) return
    this.#inflation?.pause()
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#deliverHeld()
    if (!this.#isPaused) this.#read()
  }

  /** All bytes that had to wait have been taken. */
  onTaken(): void {
    if (!this.#isGone) this.#owner?.onDrain()
  }

  onFrame(type: MessageType, content: Buffer): void {
    if (type === 'pong' && this.#environment.ping.isAnsweredBy(content)) return
    if (this.#state !== State.open && this.#state !== State.closeSent) return
    if (!this.#isPaused) this.#owner?.onMessage(type, content)
    else if (this.#state === State.open) this.#hold({ type, content })
  }

  onPeerClose(code: number | undefined, reason: string): void {
    if (this.#state === State.closeSent) this.#closeAnswered(code, reason)
    else if (this.#isPaused) this.#hold({ type: 'close', code, reason })
    else this.#peerClosed(code, reason)
  }

  onFault({ closeCode, error }: SocketFault): void {
    if (this.#state === State.ending) return
    if (this.#state !== State.closeSent)
      this.#writer.write(encodeCloseFrame(encodeCloseContent(closeCode, error.message)))
    this.#end(LINGER_MS)
    this.#gone(error)
  }

  ping(): void {
    this.write(this.#environment.ping.frame)
  }

  onSilence(): void {
    const { counters, log, options } = this.#environment
    const reason: CloseReason = 'silent-client'
    const peer = this.peerAddress
    const text = `${MAX_UNANSWERED_PINGS} pings unanswered, client_ping_interval is ${options.pingIntervalMs / 1000} s`
    counters.closed[reason]++
    log.info(`closed ${peer}: ${reason}: ${text}`, { reason, peer })
    this.#state = State.ending
    this.#fault = new HoldfastError('SOCKET_BROKEN', text)
    breakConnection(this.#socket)
  }

  onOverdue(): void {
    this.destroy()
  }

  received(bytes: Buffer): void {
    this.#watch.heard()
    if (this.#state !== State.open && this.#state !== State.closeSent) return
    const reader = this.#reader ?? this.#takeReader()
    reader.write(bytes)
    if (this.#inflation === undefined) this.#giveBack(reader)
    else if (this.#inflation.isBusy) this.#socket.pause()
  }

  peerEnded(): void {
    if (this.#inflation?.isBusy) this.#hasEnded = true
    // One that has said goodbye waits for the answer, or for what is queued before it.
    else if (this.#state === State.open || this.#state === State.closeSent) this.destroy()
  }

  closed(): void {
    this.#state = State.ending
    this.#watch.stop()
    this.#inflation?.stop()
    this.#gone(this.#fault)
  }

  /** Its Close must be read, so what an owner that is not ready does not want to have before it is dropped. */
  #awaitPeerClose(): void {
    this.#state = State.closeSent
    this.#watch.expectEnd(CLOSE_TIMEOUT_MS)
    const close = this.#held?.find((frame) => frame.type === 'close')
    this.#held = undefined
    // The owner is in the middle of its own close.
    if (close !== undefined) queueMicrotask(() => this.#closeAnswered(close.code, close.reason))
    else this.#read()
  }

  #peerClosed(code: number | undefined, reason: string): void {
    if (this.#state !== State.open) return
    this.#state = State.peerClosed
    this.#watch.stop()
    this.#owner?.onClose(code, reason)
  }

  #closeAnswered(code: number | undefined, reason: string): void {
    if (this.#state !== State.closeSent) return
    this.#end(CLOSE_TIMEOUT_MS)
    this.#owner?.onClose(code, reason)
  }

  /** RFC 6455 §7.1.1: the server ends the connection first. Its other side is read on, so that no reset overtakes our Close. */
  #end(timeoutMs: number): void {
    this.#state = State.ending
    this.#held = undefined
    this.#socket.end()
    this.#watch.expectEnd(timeoutMs)
    this.#socket.resume()
  }

  #gone(fault: HoldfastError | undefined): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#fault = fault
    this.#owner?.onGone(fault)
  }

  #hold(frame: HeldFrame): void {
    this.#held ??= []
    this.#held.push(frame)
  }

  /** Until the owner asks for a pause again, or ends the socket. */
  #deliverHeld(): void {
    const held = this.#held
    if (held === undefined) return
    let next = 0
    while (next < held.length && !this.#isPaused && this.#state === State.open) {
      const frame = held[next++] as HeldFrame
      if (frame.type === 'close') this.#peerClosed(frame.code, frame.reason)
      else this.#owner?.onMessage(frame.type, frame.content)
    }
    this.#held = next < held.length && this.#state === State.open ? held.slice(next) : undefined
  }

  #read(): void {
    this.#inflation?.resume()
    if (this.#inflation?.isBusy !== true && this.#owner !== undefined) this.#socket.resume()
  }

  #takeReader(): FrameReader {
    const { readers, inflaters } = this.#environment
    if (this.framing === DEFLATE_FRAMING)
      this.#inflation = new MessageInflation(inflaters, () => this.#inflated())
    this.#reader = readers.take(this, this.#inflation)
    return this.#reader
  }

  #giveBack(reader: FrameReader): void {
    if (this.#environment.readers.giveBack(reader)) this.#reader = undefined
  }

  #inflated(): void {
    if (this.#hasEnded) this.peerEnded()
    else if (!this.#isPaused || this.#state !== State.open) this.#socket.resume()
  }
}
