import { SOCKET_EVENTS_TYPE } from '../../grip/webSocketEvents.ts'
import { filterHeaders, type RawHeaders } from '../../util/headers.ts'

/**
 * Fields of the client's handshake that no request has: they mean something else here, or would let the client say what
 * only we may. Content-Type and Content-Bytes-Replayed are a deviation: Pushpin sends the client's, too.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'connection-id',
  'content-bytes-replayed',
  'content-length',
  'content-type',
  'upgrade',
])

/** Makes the fields of one request out of those of the handshake. */
export function requestFields(
  handshake: RawHeaders,
  own: { readonly connectionId: string; readonly metas: RawHeaders; readonly replayedBytes: number },
): string[] {
  const fields = filterHeaders(handshake, (name) => !RESERVED.has(name) && !name.startsWith('meta-'))
  fields.push('Accept', SOCKET_EVENTS_TYPE, 'Connection-Id', own.connectionId)
  fields.push('Content-Type', SOCKET_EVENTS_TYPE)
  if (own.replayedBytes > 0) fields.push('Content-Bytes-Replayed', String(own.replayedBytes))
  fields.push(...own.metas)
  return fields
}
