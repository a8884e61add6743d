import { HoldfastError } from '../../errors.ts'
import type { WebSocketEvent, WebSocketEventType } from '../webSocketEvents.ts'
import { parseEventLine } from './eventLine.ts'

/** An event as an origin sent it: of a type that we know, or one to be passed over. */
export type DecodedEvent = WebSocketEvent | UnknownEvent

/** An event of a type that we do not know, which is passed over. */
export interface UnknownEvent {
  readonly type: 'UNKNOWN'
  readonly content: Buffer
}

/** Longer lines are no events, whatever comes. */
const MAX_LINE_BYTES = 1024

const LINE_END = Buffer.from('\r\n')
const NO_BYTES = Buffer.alloc(0)
const UNKNOWN: UnknownEvent = Object.freeze({ type: 'UNKNOWN', content: NO_BYTES })

/**
 * Decodes a body of events that arrives in pieces. It takes what origins are known to send: sizes in either case and with `0x`,
 * a last content that is too short or without its line end, content where none belongs. Throws SOCKET_EVENTS_INVALID for the
 * rest, and is of no use afterwards.
 *
 *     line --no size--> line
 *     line --size--> content --whole--> lineEnd --two bytes--> line
 */
export class EventDecoder {
  #state: 'line' | 'content' | 'lineEnd' = 'line'
  #type: WebSocketEventType | 'UNKNOWN' = 'UNKNOWN'
  /** The bytes of a line, or of a content, that have come so far. */
  #parts: Buffer[] = []
  /** Bytes of content, or of its line end, that are still to come. */
  #missing = 0
  #events: DecodedEvent[] = []

  /** Takes a piece and returns the events that it completes. */
  push(chunk: Buffer): DecodedEvent[] {
    for (let rest = chunk; rest.length > 0; ) rest = this.#take(rest)
    return this.#takeEvents()
  }

  /** Takes the end of the body. What is missing of the last content counts as never meant. */
  end(): DecodedEvent[] {
    if (this.#state === 'line' && this.#parts.length > 0) throw invalid('the body ends within an event line')
    if (this.#state === 'content') this.#complete()
    return this.#takeEvents()
  }

  #takeEvents(): DecodedEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** Takes what belongs to the current state and returns the rest. */
  #take(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'line':
        return this.#takeLine(bytes)
      case 'content':
        return this.#takeContent(bytes)
      case 'lineEnd':
        return this.#takeLineEnd(bytes)
    }
  }

  #takeLine(bytes: Buffer): Buffer {
    const joined = this.#parts.length === 0 ? bytes : Buffer.concat([...this.#parts, bytes])
    const end = joined.indexOf(LINE_END)
    if ((end < 0 ? joined.length : end) > MAX_LINE_BYTES) {
      throw invalid(`an event line is longer than ${MAX_LINE_BYTES} bytes`)
    }
    if (end < 0) {
      this.#parts = [joined]
      return NO_BYTES
    }
    this.#parts = []
    this.#begin(joined.toString('latin1', 0, end))
    return joined.subarray(end + LINE_END.length)
  }

  #begin(text: string): void {
    const line = parseEventLine(text)
    this.#type = line.type
    if (line.size === undefined) {
      this.#emit(NO_BYTES)
      return
    }
    this.#missing = line.size
    this.#state = 'content'
    if (line.size === 0) this.#complete()
  }

  #takeContent(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#missing)
    if (this.#type !== 'UNKNOWN') this.#parts.push(part)
    this.#missing -= part.length
    if (this.#missing === 0) this.#complete()
    return bytes.subarray(part.length)
  }

  #complete(): void {
    const [first = NO_BYTES] = this.#parts
    const content = this.#parts.length <= 1 ? first : Buffer.concat(this.#parts)
    this.#parts = []
    this.#emit(content)
    this.#missing = LINE_END.length
    this.#state = 'lineEnd'
  }

  /** Pushpin skips two bytes, whatever they are, and so must we: some origins count their line end wrong. */
  #takeLineEnd(bytes: Buffer): Buffer {
    const taken = Math.min(this.#missing, bytes.length)
    this.#missing -= taken
    if (this.#missing === 0) this.#state = 'line'
    return bytes.subarray(taken)
  }

  #emit(content: Buffer): void {
    if (this.#type === 'UNKNOWN') this.#events.push(UNKNOWN)
    else this.#events.push({ type: this.#type, content: hasContent(this.#type) ? content : NO_BYTES })
  }
}

/** Decodes a whole body of events; throws SOCKET_EVENTS_INVALID. */
export function decodeEvents(body: Buffer): DecodedEvent[] {
  const decoder = new EventDecoder()
  return [...decoder.push(body), ...decoder.end()]
}

function hasContent(type: WebSocketEventType): boolean {
  return type !== 'OPEN' && type !== 'DISCONNECT'
}

function invalid(text: string): HoldfastError {
  return new HoldfastError('SOCKET_EVENTS_INVALID', text)
}
