import type { OriginSocket } from '../../edges/originSocket.ts'
import type { ClientSocket, MessageSocketOwner, MessageType } from '../../edges/socket.ts'
import { HoldfastError } from '../../errors.ts'
import { type ControlMessage, parseControlMessage } from '../../grip/controlMessage.ts'
import { CONTROL_PREFIX, type GripTerms } from '../../grip/gripExtension.ts'
import type { SocketContext } from '../../hold/socketHold/socketContext.ts'
import { SocketHold } from '../../hold/socketHold.ts'
import type { FilterNetwork } from '../../hub/filters/filterNetwork.ts'
import type { Connection } from '../../stats/connections.ts'
import type { Mistake } from '../../util/mistakes.ts'
import type { HeldRequest } from '../heldRequest.ts'
import type { ProxyEnvironment } from '../proxyEnvironment.ts'
import { showsRequests, writeRequestLine } from '../requestLog.ts'
import { explainMistake } from '../routeMistakes.ts'
import { warnOfRoute } from '../routeWarnings.ts'
import { HeldLinks } from '../streamOrigin.ts'
import { closeForFault } from './socketFault.ts'

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000

/** Bytes that may wait for the origin before its client is paused. */
const HIGH_WATER_BYTES = 64 * 1024

/** What one WebSocket is relayed with. */
export interface RelayOptions {
  readonly held: HeldRequest
  readonly origin: OriginSocket
  readonly connection: Connection
  /** Undefined: what the origin sends goes to the client as it is. GRIP: the `grip` extension. */
  readonly terms: GripTerms | undefined
  /** Whether the origin might have agreed to terms; where it did not, a control message of its is a mistake. */
  readonly isGripOffered: boolean
  /** GRIP: the target's `sub=`. */
  readonly implicitChannels: readonly string[]
}

/** How the control messages of all libraries begin. */
const CONTROL_START = Buffer.concat([CONTROL_PREFIX, Buffer.from('{')])

const State = {
  /** Messages go both ways. */
  Open: 'open',
  /** The client has sent a Close, which the origin is to answer. */
  ClientClosed: 'clientClosed',
  /** The origin has sent a Close, which the client is to answer. */
  OriginClosed: 'originClosed',
  /** The origin wants no more of it, and the client stays. */
  Detached: 'detached',
  /** Nothing is relayed any more. */
  Done: 'done',
} as const
type State = (typeof State)[keyof typeof State]

/**
 * Relays an open WebSocket between a client and its origin; closes go end to end, as pings do.
 *
 *     open --client's Close--> clientClosed --origin's Close, fault--> done
 *     open --origin's Close--> originClosed --client's Close, fault--> done
 *     open --detach----------> detached ------client's Close---------> done
 *
 *     open, clientClosed, originClosed --one end is gone, or the hold ends--> done, and the other end is told
 *
 * It is the owner of the origin's end; of the client's end the hold is, which hands on what it hears.
 */
export class SocketRelay implements MessageSocketOwner, SocketContext {
  readonly #environment: ProxyEnvironment
  readonly #held: HeldRequest
  readonly #terms: GripTerms | undefined
  readonly #isGripOffered: boolean
  readonly implicitChannels: readonly string[]
  readonly #hold: SocketHold
  /** Undefined once nothing is to be sent to it. */
  #origin: OriginSocket | undefined
  #state: State = State.Open
  #isClientPaused = false
  #isOriginPaused = false

  constructor(environment: ProxyEnvironment, client: ClientSocket, options: RelayOptions) {
    this.#environment = environment
    this.#held = options.held
    this.#terms = options.terms
    this.#isGripOffered = options.isGripOffered
    this.implicitChannels = options.implicitChannels
    this.#origin = options.origin
    this.#hold = new SocketHold(environment.holds, { socket: client, connection: options.connection }, this)
  }

  get prefix(): string {
    return this.#held.route.prefix
  }

  get subscriptionMax(): number {
    return this.#environment.options.connectionSubscriptionMax
  }

  get debug(): boolean {
    return this.#environment.options.debug || this.#held.route.debug
  }

  /** Begins to relay. The origin comes first: what it has sent with its acceptance may subscribe the client. */
  begin(): void {
    if (this.#origin !== undefined) this.#origin.owner = this
    this.#hold.begin()
  }

  filterNetwork(signal: AbortSignal): FilterNetwork {
    return new HeldLinks(this.#environment, this.#held).filterNetwork(signal)
  }

  onSubscribed(name: string): void {
    if (!showsRequests(this.#environment, this.#held.route)) return
    const { route, target } = this.#held
    writeRequestLine(this.#environment.log, route, `subscribe ${target} channel=${name}`)
  }

  refresh(): boolean {
    if (this.#state !== State.Open || this.#origin?.refresh === undefined) return false
    this.#origin.refresh()
    return true
  }

  onClientMessage(type: MessageType, content: Buffer): void {
    if (this.#state === State.Open || this.#state === State.OriginClosed) this.#toOrigin(type, content)
    else if (this.#state === State.Detached) this.#answerPing(type, content)
  }

  onClientClose(code: number | undefined, reason: string): void {
    switch (this.#state) {
      case State.Open:
        this.#state = State.ClientClosed
        if (this.#origin !== undefined) closeOrigin(this.#origin, code, reason)
        this.#resumeOrigin()
        break
      case State.OriginClosed:
        this.#finish(code, reason)
        break
      case State.Detached:
        this.#state = State.Done
        this.#hold.close(NORMAL_CLOSURE, '')
        break
      default:
    }
  }

  onClientGone(): void {
    this.#letGo()?.destroy()
  }

  onClientDrain(): void {
    this.#resumeOrigin()
  }

  onEnding(code: number | undefined): void {
    this.#finish(code, '')
  }

  onBreaking(): void {
    this.#letGo()?.destroy()
  }

  onMessage(type: MessageType, content: Buffer): void {
    if (this.#state !== State.Open && this.#state !== State.ClientClosed) return
    this.#fromOrigin(type, content)
    if (this.#hold.isKeepingUp || this.#isOriginPaused) return
    this.#isOriginPaused = true
    this.#origin?.pause()
  }

  onClose(code: number | undefined, reason: string): void {
    if (this.#state === State.Open) {
      this.#state = State.OriginClosed
      this.#hold.close(code, reason)
      this.#resumeClient()
    } else if (this.#state === State.ClientClosed) {
      this.#letGo()
      this.#hold.close(code, reason)
    }
  }

  onGone(fault: HoldfastError | undefined): void {
    if (this.#state === State.Detached || this.#state === State.Done) return
    if (this.#state === State.OriginClosed) {
      // It need not wait for the client's Close, which nobody is left to be told of.
      this.#letGo()
      return
    }
    const { code, reason } = closeForFault(fault)
    this.#environment.log.info(`${this.#held.target}: WebSocket closed ${code}: ${fault?.message ?? reason}`)
    this.#letGo()
    this.#hold.close(code, reason)
  }

  onDrain(): void {
    this.#resumeClient()
  }

  #toOrigin(type: MessageType, content: Buffer): void {
    const socket = this.#origin
    if (socket === undefined) return
    socket.send(type, content)
    if (socket.bytesQueued < HIGH_WATER_BYTES || this.#isClientPaused) return
    this.#isClientPaused = true
    this.#hold.pause()
  }

  /** Nobody else is left to answer. A client that floods us and does not read gets no answers. */
  #answerPing(type: MessageType, content: Buffer): void {
    if (type === 'ping' && this.#hold.isKeepingUp) this.#hold.send('pong', content)
  }

  #fromOrigin(type: MessageType, content: Buffer): void {
    const terms = this.#terms
    if (type === 'ping' || type === 'pong') this.#hold.send(type, content)
    else if (terms === undefined) {
      if (this.#isGripOffered && startsWith(content, CONTROL_START)) this.#explain('gripNotAgreed')
      this.#hold.send(type, content)
    } else if (type === 'text' && startsWith(content, CONTROL_PREFIX)) this.#control(content)
    else if (startsWith(content, terms.messagePrefix)) {
      this.#hold.send(type, content.subarray(terms.messagePrefix.length))
    } else {
      this.#explain('messageWithoutPrefix')
      this.#environment.log.debug(
        `${this.#held.target}: message of ${content.length} bytes without prefix dropped`,
      )
    }
  }

  #control(content: Buffer): void {
    const message = this.#tryParse(content.subarray(CONTROL_PREFIX.length))
    if (message === undefined || message.type === 'session') return
    if (message.type === 'detach') this.#detach()
    else this.#hold.obey(message)
  }

  #tryParse(content: Buffer): ControlMessage | undefined {
    try {
      return parseControlMessage(content)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      const text = `${this.#held.target}: control message ignored: ${error.message}`
      warnOfRoute(this.#environment, this.#held.route, { kind: 'control', text, code: error.code })
      return undefined
    }
  }

  #explain(mistake: Mistake): void {
    const { route, target } = this.#held
    explainMistake(this.#environment, { request: { method: 'GET', target }, route }, mistake)
  }

  #detach(): void {
    if (this.#state !== State.Open) return
    this.#finish(undefined, '')
    this.#state = State.Detached
  }

  /** Says the last word to the origin, and answers its Close with it if there was one. */
  #finish(code: number | undefined, reason: string): void {
    const origin = this.#letGo()
    if (origin !== undefined) closeOrigin(origin, code, reason)
  }

  /** Is done with the origin; its connection may still end in its own time. */
  #letGo(): OriginSocket | undefined {
    const origin = this.#origin
    this.#resumeOrigin()
    this.#resumeClient()
    this.#origin = undefined
    this.#state = State.Done
    return origin
  }

  #resumeOrigin(): void {
    if (!this.#isOriginPaused) return
    this.#isOriginPaused = false
    this.#origin?.resume()
  }

  #resumeClient(): void {
    if (!this.#isClientPaused) return
    this.#isClientPaused = false
    this.#hold.resume()
  }
}

/** An origin that speaks WebSocket itself gets the code for nothing special where there is none, as with Pushpin. */
function closeOrigin(origin: OriginSocket, code: number | undefined, reason: string): void {
  origin.close(origin.refresh === undefined ? (code ?? NORMAL_CLOSURE) : code, reason)
}

function startsWith(content: Buffer, prefix: Buffer): boolean {
  return content.length >= prefix.length && prefix.compare(content, 0, prefix.length) === 0
}
