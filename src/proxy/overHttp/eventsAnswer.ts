import { isUtf8 } from 'node:buffer'
import { HoldfastError } from '../../errors.ts'
import { type DecodedEvent, decodeEvents } from '../../grip/webSocketEvents/eventDecoder.ts'
import { SOCKET_EVENTS_TYPE } from '../../grip/webSocketEvents.ts'
import { getHeader, mediaType, type RawHeaders, type ResponseHead } from '../../util/headers.ts'

/** An origin's answer, whole. */
export interface WholeAnswer {
  readonly head: ResponseHead
  readonly body: Buffer
}

/** An answer with events, as its fields and body say. */
export interface EventsAnswer {
  readonly events: readonly DecodedEvent[]
  /** Content bytes that the origin has accepted of the request; undefined means all. GRIP: Content-Bytes-Accepted. */
  readonly acceptedBytes: number | undefined
  /** Seconds between keep-alives: 0 turns them off, undefined leaves them as they are. GRIP: Keep-Alive-Interval. */
  readonly keepAliveSeconds: number | undefined
}

/** Payload of a control frame, at most. RFC 6455 §5.5. */
const MAX_CONTROL_BYTES = 125

/** Tells whether an answer has events; parameters and case of the type do not matter, which is a deviation from Pushpin. */
export function hasEvents(head: ResponseHead): boolean {
  return head.status === 200 && mediaType(head.headers) === SOCKET_EVENTS_TYPE
}

/** Reads an answer of which `hasEvents` is true; throws ORIGIN_BROKEN or SOCKET_EVENTS_INVALID. */
export function parseEventsAnswer({ head, body }: WholeAnswer): EventsAnswer {
  const events = decodeEvents(body)
  for (const event of events) checkEvent(event)
  const acceptedBytes = wholeNumber(getHeader(head.headers, 'content-bytes-accepted'))
  return { events, acceptedBytes, keepAliveSeconds: keepAliveSeconds(head.headers) }
}

/** What would make a client break the connection is the origin's fault, and not to be sent. */
function checkEvent({ type, content }: DecodedEvent): void {
  if (type === 'TEXT' && !isUtf8(content)) throw broken('a TEXT that is not UTF-8')
  if ((type === 'PING' || type === 'PONG') && content.length > MAX_CONTROL_BYTES) {
    throw broken(`a ${type} with ${content.length} bytes`)
  }
}

function broken(what: string): HoldfastError {
  return new HoldfastError('ORIGIN_BROKEN', `the origin sent ${what}`)
}

function keepAliveSeconds(headers: RawHeaders): number | undefined {
  const value = getHeader(headers, 'keep-alive-interval')
  return value === undefined ? undefined : (wholeNumber(value) ?? 0)
}

function wholeNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\+?\d+\s*$/.test(value) ? Number(value) : undefined
}
