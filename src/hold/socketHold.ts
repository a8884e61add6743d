import type { ClientSocket, MessageSocketOwner, MessageType } from '../edges/socket.ts'
import type { HoldfastError } from '../errors.ts'
import type { ChannelControl, SocketKeepAliveTerms } from '../grip/controlMessage.ts'
import type { Batch } from '../hub/batch.ts'
import type { Meta } from '../hub/filters/filter.ts'
import type { Hold, Subscription } from '../hub/hold.ts'
import type { Connection, Holder } from '../stats/connections.ts'
import type { RouteTraffic } from '../stats/routeTraffic.ts'
import type { Drainable, HoldEnvironment } from './holdEnvironment.ts'
import { noteSlowClient } from './noteSlowClient.ts'
import { DelayedMessage } from './socketHold/delayedMessage.ts'
import { SocketChannels } from './socketHold/socketChannels.ts'
import type { SocketContext } from './socketHold/socketContext.ts'
import { SocketKeepAlive } from './socketHold/socketKeepAlive.ts'

const NO_SUBSCRIPTIONS: readonly Subscription[] = []

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000
const GOING_AWAY = 1001
const INTERNAL_ERROR = 1011
/** IANA's registry: the client may come back, which 1008 would tell it not to. */
const TRY_AGAIN_LATER = 1013

/** Bytes that may wait for the client before its origin is paused. */
const HIGH_WATER_BYTES = 64 * 1024

/** The client that a socket hold is for. */
export interface HeldSocket {
  readonly socket: ClientSocket
  readonly connection: Connection
}

const State = {
  /** Messages are sent. */
  Open: 'open',
  /** A Close is sent; the client's own may still come. */
  Ending: 'ending',
  /** The connection is gone. */
  Gone: 'gone',
} as const
type State = (typeof State)[keyof typeof State]

/**
 * A client's WebSocket: what its origin sends and what is published goes to it, until one of both ends closes it.
 *
 *     open --close item, origin's Close, shutdown, too slow, fault--> ending --client gone--> gone
 *     open --client gone--> gone
 *
 * The client's Close is for the origin to answer: the socket is open until then.
 */
export class SocketHold implements Hold, Holder, Drainable, MessageSocketOwner {
  readonly kind = 'socket'
  readonly connection: Connection
  readonly #environment: HoldEnvironment
  readonly #socket: ClientSocket
  readonly #context: SocketContext
  /** As in `connection`, which deliveries need not look at: see `accept/directWrite`. */
  readonly #traffic: RouteTraffic
  #state: State = State.Open
  /** Undefined until there is a channel, or meta. */
  #channels: SocketChannels | undefined
  #keepAlive: SocketKeepAlive | undefined
  #delayed: DelayedMessage | undefined

  constructor(environment: HoldEnvironment, client: HeldSocket, context: SocketContext) {
    const { socket, connection } = client
    this.#environment = environment
    this.#socket = socket
    this.#context = context
    this.connection = connection
    this.#traffic = connection.traffic
    connection.holder = this
    environment.holds.add(this)
    environment.counters.socketHolds++
  }

  get subscriptions(): readonly Subscription[] {
    return this.#channels?.subscriptions ?? NO_SUBSCRIPTIONS
  }

  get channelNames(): readonly string[] {
    return this.subscriptions.map(({ channel }) => channel.name)
  }

  get meta(): Meta | undefined {
    return this.#channels?.meta
  }

  get peerAddress(): string {
    return this.#socket.peerAddress
  }

  get bytesQueued(): number {
    return this.#socket.bytesQueued
  }

  /** Begins to receive, and to hold the channels that need no asking for. */
  begin(): void {
    if (this.#environment.isDraining) this.shutdown()
    // What the origin sent first may have ended it.
    else if (this.#state === State.Open && this.#context.implicitChannels.length > 0) this.#getChannels()
    this.#socket.owner = this
  }

  /** Does what the origin asks for the client. GRIP: control messages. */
  obey(message: ChannelControl): void {
    if (this.#state !== State.Open) return
    switch (message.type) {
      case 'subscribe':
        this.#getChannels().subscribe(message)
        break
      case 'unsubscribe':
        this.#channels?.unsubscribe(message.channel)
        break
      case 'set-meta':
        this.#getChannels().setMeta(message.name, message.value)
        break
      case 'keep-alive':
        this.#setKeepAlive(message.keepAlive)
        break
      case 'send-delayed':
        this.#delayed ??= new DelayedMessage(this.#environment, ({ type, content }) =>
          this.send(type, content),
        )
        this.#delayed.set(message.message, message.timeoutSeconds * 1000)
        break
      case 'flush-delayed':
        this.#delayed?.flush()
        break
    }
  }

  /** Whether the client takes what it is sent; if not, its origin is to wait until `SocketContext.onClientDrain`. */
  get isKeepingUp(): boolean {
    return this.#socket.bytesQueued < HIGH_WATER_BYTES
  }

  /** Sends what the origin says. */
  send(type: MessageType, content: Buffer): void {
    if (this.#state !== State.Open) return
    this.#socket.send(type, content)
    const traffic = this.#traffic
    traffic.clientMessagesSent++
    traffic.clientContentBytesSent += content.length
    this.#noteQueue()
    if (this.#keepAlive !== undefined) this.#keepAlive.lastWriteMs = this.#environment.clock.now()
  }

  deliver(batch: Batch, _subscription: Subscription): void {
    const socket = this.#socket
    const plan = batch.socketPlan(socket.framing)
    if (plan.wire.length > 0) {
      const { bytesQueued } = socket
      // A client that has taken everything is not slow, however much a burst has put together.
      if (bytesQueued > 0 && bytesQueued + plan.wire.length > this.#environment.clientSendBufferBytes) {
        this.#overflow(plan.wire.length)
        return
      }
      const traffic = this.#traffic
      socket.write(plan.wire)
      traffic.sent += plan.itemCount
      traffic.clientMessagesSent += plan.itemCount
      traffic.clientContentBytesSent += plan.contentBytes
      this.#noteQueue()
      if (this.#keepAlive !== undefined) this.#keepAlive.lastWriteMs = batch.nowMs
    }
    if (plan.close !== undefined) this.#end(plan.close.code, plan.close.reason)
    else if (plan.refreshes) this.#context.refresh()
  }

  /** Does nothing: what an origin has for a socket it sends by itself, or publishes. */
  update(): void {}

  /** What is lost cannot be had again without the origin, and what follows is better than nothing: it is sent. */
  missed(subscription: Subscription): void {
    subscription.prevId = undefined
    if (!this.#context.refresh()) {
      this.#environment.log.debug(
        `items of ${subscription.channel.name} are missing, and the origin cannot be asked`,
      )
    }
  }

  shutdown(): void {
    if (this.#state !== State.Open) return
    this.#environment.counters.closed.shutdown++
    this.#context.onEnding(GOING_AWAY)
    this.close(GOING_AWAY, '')
  }

  refresh(): void {
    this.#context.refresh()
  }

  kick(): void {
    if (this.#state !== State.Open) return
    this.#environment.counters.closed.kicked++
    this.#end(NORMAL_CLOSURE, '')
  }

  fail(text: string): void {
    if (this.#state !== State.Open) return
    this.#environment.log.warn(`closed ${this.#socket.peerAddress}: ${text}`)
    this.#context.onEnding(INTERNAL_ERROR)
    this.close(INTERNAL_ERROR, this.#context.debug ? text : '')
  }

  /** Sends the client a Close, or answers its own; nothing more is sent. */
  close(code: number | undefined, reason: string): void {
    if (this.#release(State.Ending)) this.#socket.close(code, reason)
  }

  /** Asks the client to wait with what it sends. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  onMessage(type: MessageType, content: Buffer): void {
    if (this.#state !== State.Open) return
    const traffic = this.#traffic
    traffic.clientMessagesReceived++
    traffic.clientContentBytesReceived += content.length
    this.#context.onClientMessage(type, content)
  }

  onClose(code: number | undefined, reason: string): void {
    this.#context.onClientClose(code, reason)
  }

  onGone(fault: HoldfastError | undefined): void {
    this.#release(State.Gone)
    this.#state = State.Gone
    this.#context.onClientGone(fault)
  }

  onDrain(): void {
    if (this.#state !== State.Open) return
    this.#environment.connections.behind.delete(this.connection)
    this.#context.onClientDrain()
  }

  /** Ends the socket because a publisher or an operator wants it. Pushpin closes the origin first, too. */
  #end(code: number | undefined, reason: string): void {
    if (this.#state !== State.Open) return
    this.#context.onEnding(undefined)
    this.close(code, reason)
  }

  #overflow(bytes: number): void {
    noteSlowClient(this.#environment, this.#socket, bytes)
    this.#context.onBreaking()
    this.close(TRY_AGAIN_LATER, 'too slow')
  }

  #getChannels(): SocketChannels {
    this.#channels ??= new SocketChannels(this.#environment, this, this.#context)
    return this.#channels
  }

  #setKeepAlive(terms: SocketKeepAliveTerms | undefined): void {
    const traffic = this.#traffic
    this.#keepAlive?.stop()
    this.#keepAlive =
      terms && new SocketKeepAlive(this.#environment, { socket: this.#socket, traffic }, terms)
  }

  #noteQueue(): void {
    if (this.#state === State.Open && this.#socket.bytesQueued > 0)
      this.#environment.connections.behind.add(this.connection)
  }

  /** Leaves the hub and the timers; false when that was done before. */
  #release(state: State): boolean {
    if (this.#state !== State.Open) return false
    this.#state = state
    this.#channels?.end()
    this.#channels = undefined
    this.#keepAlive?.stop()
    this.#keepAlive = undefined
    this.#delayed?.stop()
    this.#delayed = undefined
    this.#environment.holds.delete(this)
    this.#environment.connections.close(this.connection)
    this.#environment.counters.socketHolds--
    return true
  }
}
