import { createHash } from 'node:crypto'
import { filterHeaders, type RawHeaders, type ResponseHead } from '../../util/headers.ts'
import { isHopByHop, nominatedByConnection } from '../../util/hopByHop.ts'
import { DEFLATE_ANSWER } from './permessageDeflate.ts'

/** RFC 6455 §1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Fields of an origin's answer that Pushpin takes beside those of our own. grip-websocket.md §2.2. */
export const MAX_ORIGIN_FIELDS = 60

/** Of the origin's hop, or for us. What begins with `grip-` is, too. */
const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set([
  'content-length',
  'sec-websocket-accept',
  'content-bytes-accepted',
])

/**
 * Encodes the 101 that opens a client's WebSocket: the origin's fields, then ours. An extension that is still among the former is
 * one between the client and the origin.
 */
export function encodeSwitching(
  head: ResponseHead,
  terms: { readonly key: string; readonly isDeflating: boolean },
): Buffer {
  const accept = createHash('sha1').update(`${terms.key}${ACCEPT_GUID}`, 'latin1').digest('base64')
  const own = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', accept]
  if (terms.isDeflating) own.push('Sec-WebSocket-Extensions', DEFLATE_ANSWER)
  return encodeHead(101, head.reason, [...passedOn(head.headers), ...own])
}

/** Encodes another answer, after which the connection closes. */
export function encodeRefusal(head: ResponseHead, body: Buffer): Buffer {
  // RFC 9110 §8.6: these two have no body, and 204 no length either.
  const isBodiless = head.status === 204 || head.status === 304
  const own = isBodiless ? [] : ['Content-Length', String(body.length)]
  const wire = encodeHead(head.status, head.reason, [
    ...filterHeaders(passedOn(head.headers), (name) => name !== 'sec-websocket-extensions'),
    ...own,
    'Connection',
    'close',
  ])
  return isBodiless ? wire : Buffer.concat([wire, body])
}

function passedOn(headers: RawHeaders): string[] {
  const nominated = nominatedByConnection(headers)
  return filterHeaders(
    headers,
    (name) => !isHopByHop(name, nominated) && !NOT_FOR_CLIENTS.has(name) && !name.startsWith('grip-'),
  )
}

function encodeHead(status: number, reason: string, headers: RawHeaders): Buffer {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}
