import type { StreamFraming } from '../edges.ts'
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
