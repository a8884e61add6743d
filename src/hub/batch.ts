import type { StreamFraming } from '../edges/client.ts'
import type { MessageFraming } from '../edges/socket.ts'
import type { PublishItem } from '../grip/publishItem.ts'
import { encodeChunk } from '../util/framing.ts'

/** What a batch does to a held stream: bytes to append, then perhaps the end. */
export interface StreamPlan {
  /** Wire bytes for the framing, shared by all holds; empty when the batch has none. */
  readonly wire: Buffer
  /** Items in it, and the bytes of their content. */
  readonly itemCount: number
  readonly contentBytes: number
  readonly ends: boolean
  /** The origin has something new for the stream. GRIP: action hint. */
  readonly hints: boolean
}

/** What a batch does to a held WebSocket: messages to send, then perhaps a Close. */
export interface SocketPlan {
  readonly framing: MessageFraming
  /** Whole frames, shared by all sockets of the framing; empty when the batch has none. */
  readonly wire: Buffer
  /** Messages in it, and the bytes of their content. */
  readonly itemCount: number
  readonly contentBytes: number
  /** Undefined: the socket stays open. */
  readonly close: SocketClose | undefined
  /** The origin has something new for the client. GRIP: action refresh; hint of the item itself. */
  readonly refreshes: boolean
}

/** What the Close says that a publisher asks for. The code is as published: undefined where there is none, nor a reason. */
export interface SocketClose {
  readonly code: number | undefined
  readonly reason: string
}

const NORMAL_CLOSURE = 1000

const PLAIN_CLOSE: SocketClose = { code: undefined, reason: '' }

const NO_BYTES = Buffer.alloc(0)

/**
 * Items of one channel that are delivered together. What goes on the wire is built at most once per framing, and the
 * same Buffer is handed to every hold.
 */
export class Batch {
  readonly items: readonly PublishItem[]
  /** Number of the first item in the hub's count of all items. */
  readonly firstSequence: number
  /** Clock time of the slice under way. */
  nowMs = 0
  #chunked: StreamPlan | undefined
  #raw: StreamPlan | undefined
  #socketPlans: SocketPlan[] | undefined

  constructor(items: readonly PublishItem[], firstSequence: number) {
    this.items = items
    this.firstSequence = firstSequence
  }

  streamPlan(framing: StreamFraming): StreamPlan {
    if (framing === 'chunked') {
      this.#chunked ??= planStream(this.items, encodeChunk)
      return this.#chunked
    }
    this.#raw ??= planStream(this.items, Buffer.concat)
    return this.#raw
  }

  socketPlan(framing: MessageFraming): SocketPlan {
    this.#socketPlans ??= []
    // There are as many framings as kinds of clients: a handful.
    for (const plan of this.#socketPlans) {
      if (plan.framing === framing) return plan
    }
    const plan = planSocket(this.items, framing)
    this.#socketPlans.push(plan)
    return plan
  }
}

function planStream(items: readonly PublishItem[], frame: (parts: readonly Buffer[]) => Buffer): StreamPlan {
  const parts: Buffer[] = []
  let contentBytes = 0
  let ends = false
  let hints = false
  for (const item of items) {
    const action = item.action ?? item.httpStream?.action
    if (action === 'close') {
      ends = true
      break
    }
    if (action === 'hint') hints = true
    if (item.httpStream?.action === 'send') {
      parts.push(item.httpStream.content)
      contentBytes += item.httpStream.content.length
    }
  }
  return { wire: frame(parts), itemCount: parts.length, contentBytes, ends, hints }
}

function planSocket(items: readonly PublishItem[], framing: MessageFraming): SocketPlan {
  const frames: Buffer[] = []
  let contentBytes = 0
  let close: SocketClose | undefined
  let refreshes = false
  for (const item of items) {
    close = closeOf(item)
    if (close !== undefined) break
    const format = item.webSocketMessage
    if (format?.action === 'send') {
      frames.push(framing.frame(format.type, format.content))
      contentBytes += format.content.length
    }
    // A `hint` of this format does nothing, as in Pushpin; one of the item is for holds of every kind.
    if (format?.action === 'refresh' || item.action !== undefined) refreshes = true
  }
  return { framing, wire: joined(frames), itemCount: frames.length, contentBytes, close, refreshes }
}

function closeOf({ action, webSocketMessage }: PublishItem): SocketClose | undefined {
  if (action === 'close') return PLAIN_CLOSE
  if (webSocketMessage?.action !== 'close') return undefined
  const { code, reason } = webSocketMessage
  // A deviation: Pushpin forgets a reason without a code.
  return code === undefined && reason !== '' ? { code: NORMAL_CLOSURE, reason } : { code, reason }
}

function joined(frames: readonly Buffer[]): Buffer {
  const [first] = frames
  if (first === undefined) return NO_BYTES
  return frames.length === 1 ? first : Buffer.concat(frames)
}
