import type { MessageSocket, MessageSocketOwner, MessageType } from '../edges/socket.ts'
import { HoldfastError } from '../errors.ts'
import { isSendableCloseCode } from '../util/webSocketClose.ts'
import { type ReceivedEvent, tellOwner } from './receivedEvent.ts'

/** How long the other end has to answer a Close. */
const CLOSE_TIMEOUT_MS = 10_000

/** Makes the two ends of a WebSocket that has no wire: what one sends, the other receives a little later. */
export function createSocketPair(): readonly [MessageSocket, MessageSocket] {
  const socket = new LocalSocket(undefined)
  return [socket, socket.peer]
}

/**
 * One end of such a WebSocket.
 *
 *     open --close()---------> closing --the other's Close--> gone
 *     open --other's Close---> closed  --close()------------> gone
 *     any --destroy() at either end, Close not answered in time--> gone
 */
class LocalSocket implements MessageSocket {
  #state: 'open' | 'closing' | 'closed' | 'gone' = 'open'
  readonly peer: LocalSocket
  #owner: MessageSocketOwner | undefined
  #isPaused = false
  /** What the other end has sent and the owner has not heard of. */
  #incoming: ReceivedEvent[] = []
  #incomingBytes = 0
  #isDue = false
  #timer: NodeJS.Timeout | undefined

  /** Without a peer it makes its own. */
  constructor(peer: LocalSocket | undefined) {
    this.peer = peer ?? new LocalSocket(this)
  }

  get owner(): MessageSocketOwner | undefined {
    return this.#owner
  }

  set owner(owner: MessageSocketOwner | undefined) {
    this.#owner = owner
    this.#deliverSoon()
  }

  get bytesQueued(): number {
    return this.peer.#incomingBytes
  }

  send(type: MessageType, content: Buffer): void {
    if (this.#state === 'open' || this.#state === 'closed')
      this.peer.#take({ kind: 'message', type, content })
  }

  close(code: number | undefined, reason: string): void {
    if (this.#state !== 'open' && this.#state !== 'closed') return
    this.peer.#take(closeEvent(code, reason))
    if (this.#state === 'closed') {
      this.#leave(undefined)
      return
    }
    this.#state = 'closing'
    // Nothing keeps the other's Close back.
    this.#deliverSoon()
    this.#timer = setTimeout(() => this.#break('a Close was not answered'), CLOSE_TIMEOUT_MS)
  }

  destroy(): void {
    if (this.#state === 'gone') return
    this.peer.#breakOff()
    this.#incoming = []
    this.#incomingBytes = 0
    this.#leave(undefined)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliverSoon()
  }

  #take(event: ReceivedEvent): void {
    if (this.#state === 'gone') return
    this.#incoming.push(event)
    this.#incomingBytes += sizeOf(event)
    this.#deliverSoon()
  }

  #breakOff(): void {
    if (this.#state !== 'gone') this.#leave(new HoldfastError('SOCKET_BROKEN', 'local WebSocket: broken off'))
  }

  #break(what: string): void {
    if (this.#state === 'gone') return
    this.peer.#breakOff()
    this.#leave(new HoldfastError('SOCKET_BROKEN', `local WebSocket: ${what}`))
  }

  /** Comes after all that was sent before. */
  #leave(fault: HoldfastError | undefined): void {
    clearTimeout(this.#timer)
    this.#state = 'gone'
    this.#incoming.push({ kind: 'gone', fault })
    this.#deliverSoon()
  }

  /** Never at once: a caller is not called back within its own call. */
  #deliverSoon(): void {
    if (this.#isDue || this.#next() === undefined) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const hadBytes = this.#incomingBytes > 0
    for (let event = this.#next(); event !== undefined; event = this.#next()) {
      this.#incoming.shift()
      this.#incomingBytes -= sizeOf(event)
      this.#tell(event)
    }
    if (hadBytes && this.#incomingBytes === 0 && this.peer.#state !== 'gone') this.peer.#owner?.onDrain()
  }

  #next(): ReceivedEvent | undefined {
    const [event] = this.#incoming
    if (event === undefined || this.#owner === undefined) return undefined
    return this.#isPaused && this.#state !== 'closing' && event.kind !== 'gone' ? undefined : event
  }

  #tell(event: ReceivedEvent): void {
    // Whoever has closed a paused socket waits for no message any more.
    if (event.kind === 'message' && this.#isPaused) return
    if (event.kind === 'close') this.#onPeerClose()
    if (this.#owner !== undefined) tellOwner(this.#owner, event)
  }

  #onPeerClose(): void {
    if (this.#state === 'open') this.#state = 'closed'
    else if (this.#state === 'closing') this.#leave(undefined)
  }
}

/** Told as a wire would tell it. */
function closeEvent(code: number | undefined, reason: string): ReceivedEvent {
  if (code === undefined) return { kind: 'close', code, reason: '' }
  return { kind: 'close', code: isSendableCloseCode(code) ? code : 1000, reason }
}

function sizeOf(event: ReceivedEvent): number {
  return event.kind === 'message' ? event.content.length : 0
}
